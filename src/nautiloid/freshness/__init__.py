"""Keeping an image fresh: what a new lock would change, what that fixes, and how to hold the rest back."""
