"""Newer locks: what one would change, what that fixes, and how to hold the rest back."""
