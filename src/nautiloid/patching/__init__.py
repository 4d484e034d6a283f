"""Patching other people's images: one more layer with fixed packages; no engine, and nothing is run."""
