"""Zip archives of strangers: opened, listed and inflated within bounds."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from nautiloid.packages.unreadable import UnreadableError

_MOST_ENTRIES = 200_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, KeyError)


@contextmanager
def open_zip(content: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Lend an archive; whatever is wrong with it while it is used is one kind of error.

    Raises:
        UnreadableError: It is damaged, encrypted, or has too many entries.
    """
    try:
        with zipfile.ZipFile(content) as archive:
            _check_entries(archive)
            yield archive
    except UnreadableError:
        raise
    except _DAMAGED as error:
        raise UnreadableError(f"not a readable zip archive: {error}") from error


def _check_entries(archive: zipfile.ZipFile) -> None:
    if len(archive.namelist()) > _MOST_ENTRIES:
        raise UnreadableError(f"an archive with {len(archive.namelist())} entries")


def inflate(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Inflate one member, but never more than ``limit`` bytes, whatever its header says.

    Raises:
        UnreadableError: It is larger.
    """
    with archive.open(name) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise UnreadableError(f"{name} inflates beyond all bounds")
    return content
