"""Small files that a user names."""

from __future__ import annotations

from pathlib import Path

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.regular_file import read_regular


def read_file(path: Path) -> bytes:
    """Return what a file that the user named holds.

    Raises:
        UsageError: It cannot be read, is a pipe or a device, or larger than any such file.
    """
    try:
        return read_regular(path, bounds.DOCUMENT)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
