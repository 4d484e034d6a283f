"""What a model file is, and whether loading it runs code: told from its bytes, never by loading it."""
