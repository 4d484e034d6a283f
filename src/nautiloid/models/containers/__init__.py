"""Archives and compressed streams that models come in."""
