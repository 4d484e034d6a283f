"""The ar archive around the parts of a ``.deb``: a magic line, then members behind 60-byte headers.

Format: deb(5).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from nautiloid import bounds
from nautiloid.errors import IntegrityError

_MAGIC = b"!<arch>\n"
_HEADER_LENGTH = 60
_CHUNK = 1 << 20


@dataclass(frozen=True)
class ArMember:
    """A slice of an ar archive.

    Attributes:
        name: Without padding or trailing slash.
        offset: Where its bytes begin in the archive.
        size: Bytes.
    """

    name: str
    offset: int
    size: int

    def chunks(self, archive: BinaryIO) -> Iterator[bytes]:
        """Yield the member's bytes from the opened archive."""
        archive.seek(self.offset)
        left = self.size
        while left and (chunk := archive.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
        if left:
            raise IntegrityError(f"{self.name} is truncated")


def read_ar_directory(archive: BinaryIO) -> Iterator[ArMember]:
    """Yield the members of an ar archive without reading their bytes.

    Raises:
        IntegrityError: It is not an ar archive, a header is malformed, or a member reaches beyond the end.
    """
    end = archive.seek(0, os.SEEK_END)
    archive.seek(0)
    if archive.read(len(_MAGIC)) != _MAGIC:
        raise IntegrityError("it is not an ar archive")
    position = len(_MAGIC)
    for _ in range(bounds.DEB_MEMBERS):
        if position >= end:
            return
        archive.seek(position)
        member = _member(archive.read(_HEADER_LENGTH), position + _HEADER_LENGTH)
        if member.offset + member.size > end:
            raise IntegrityError(f"{member.name} is truncated")
        yield member
        position = member.offset + member.size + member.size % 2
    raise IntegrityError("it has too many parts")


def _member(header: bytes, offset: int) -> ArMember:
    size = header[48:58].strip()
    if len(header) != _HEADER_LENGTH or header[58:] != b"`\n" or not size.isdigit():
        raise IntegrityError("a header of the ar archive is malformed")
    name = header[:16].decode("ascii", "backslashreplace").rstrip(" ").removesuffix("/")
    return ArMember(name, offset, int(size))
