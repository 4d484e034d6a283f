"""What every version order refuses."""

from __future__ import annotations

from nautiloid import bounds
from nautiloid.errors import NautiloidError


class InvalidVersionError(NautiloidError):
    """A text is not a version of its world."""


def checked(version: str, world: str) -> str:
    """Return a version that is short enough to be compared, without surrounding space.

    Raises:
        InvalidVersionError: It is empty or too long.
    """
    if len(version) > bounds.VERSION:
        raise InvalidVersionError(f"{version[:40]!r}... has {len(version)} characters: no {world} version is so long")
    text = version.strip()
    if not text:
        raise InvalidVersionError(f"an empty text is no {world} version")
    return text
