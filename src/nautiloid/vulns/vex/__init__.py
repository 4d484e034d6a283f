"""VEX: what somebody who knows says about a vulnerability in a product, and what follows for findings."""
