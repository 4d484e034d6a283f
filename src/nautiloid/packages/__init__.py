"""Packages of every kind: how an image records them, how they are named, whose advisories and which order they have."""
