"""Which Nautiloid this is; what it makes says so."""

__version__ = "0.1.0"

TOOL = f"nautiloid {__version__}"
"""How documents name the program that wrote them."""
