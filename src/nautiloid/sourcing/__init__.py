"""Wheels from source: fetched by hash, built in a hardened container, and never a line of it run on the host."""
