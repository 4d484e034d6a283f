"""Statements about an image that others can check: bills of materials."""
