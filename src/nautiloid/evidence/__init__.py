"""VEX from evidence: which components a traced run used, and what that lets one propose."""
