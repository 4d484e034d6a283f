"""What every cataloger raises for content that it cannot understand."""

from __future__ import annotations


class UnreadableError(ValueError):
    """A record is damaged, hostile, or of a form that is not known; the text says which."""
