"""A file that somebody gave to be scanned: how it begins, and all of it where that is bearable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautiloid import bounds
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import UsageError
from nautiloid.regular_file import open_regular, read_regular
from nautiloid.subjects.shapes import check_size

_BEGINNING = 4096
_BOM = b"\xef\xbb\xbf"


def beginning_of(path: Path) -> bytes:
    """Return how a file begins, without a byte order mark and blanks.

    Raises:
        UsageError: It is a pipe or a device.
        OSError: It cannot be read.
    """
    with open_regular(path) as stream:
        return stream.read(_BEGINNING).removeprefix(_BOM).lstrip()


def whole_document(path: Path, name: str) -> bytes:
    """Return a whole file.

    Raises:
        UsageError: It is too large, or a pipe or a device.
        OSError: It cannot be read.
    """
    check_size(path.stat().st_size, name)
    return read_regular(path, bounds.DOCUMENT)


def parsed_json(content: bytes, name: str) -> Any:
    """Return the value of a JSON document.

    Raises:
        UsageError: It is none, or is nested too deeply.
    """
    try:
        return loads_bounded(content)
    except ValueError as error:
        raise UsageError(
            f"{name} is no JSON that can be read: {error}", "Give an SBOM, a lock, or an image."
        ) from error
