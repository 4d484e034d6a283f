"""Pickles, read as the programs that they are, with nothing carried out."""
