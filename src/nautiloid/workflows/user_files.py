"""Small files that a user names."""

from __future__ import annotations

from pathlib import Path

from nautiloid.errors import UsageError


def read_file(path: Path) -> bytes:
    """Return what a file that the user named holds.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
