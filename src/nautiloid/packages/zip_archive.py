"""Zip archives of strangers: opened, listed and inflated within bounds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.packages.unreadable import UnreadableError

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    KeyError,
)


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
    if len(archive.namelist()) > bounds.ARCHIVE_ENTRIES:
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


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: Buffer, limit: int) -> bytes:
    """Inflate one member as ``inflate`` does, and make sure that its stream holds no more than it states.

    Python stops at the size that the directory states, Java where the stream ends.

    Raises:
        UnreadableError: It is larger than ``limit`` bytes, or than it states; it is damaged or encrypted.
    """
    try:
        with archive.open(info) as stream:
            member = stream.read(limit + 1)
        longest = _stored_length(info, content, len(member))
    except _DAMAGED as error:
        raise UnreadableError(f"{info.filename} cannot be read: {error}") from error
    if len(member) > limit:
        raise UnreadableError(f"{info.filename} inflates beyond all bounds")
    if longest != len(member):
        raise UnreadableError(f"{info.filename} holds more than its directory states")
    return member


def _stored_length(info: zipfile.ZipInfo, content: Buffer, stated: int) -> int:
    """Return how long a member is to who reads its stream; of one that is longer than stated, one more than that."""
    if info.compress_type == zipfile.ZIP_STORED:
        return info.compress_size
    if info.compress_type != zipfile.ZIP_DEFLATED:
        return stated
    name, extra = struct.unpack("<HH", content[info.header_offset + 26 : info.header_offset + 30])
    start = info.header_offset + 30 + name + extra
    stored = bytes(content[start : start + info.compress_size])
    return len(zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored, stated + 1))


def wanted_members(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """Return the members whose names (as unpackers write them: no ``./``, no ``//``) are wanted, and what is odd there.

    Of several members of one name, which one a reader takes is its own affair: all are returned, and it is said.
    """
    found: dict[str, list[zipfile.ZipInfo]] = {}
    for info in archive.infolist():
        name = unpacked_name(info)
        if wanted(name):
            found.setdefault(name, []).append(info)
    twice = [name for name, infos in found.items() if len({(info.CRC, info.file_size) for info in infos}) > 1]
    return [info for infos in found.values() for info in infos], [f"{name} stands in it twice" for name in twice]


def unpacked_name(info: zipfile.ZipInfo) -> str:
    """Return the path that a member gets when it is unpacked."""
    return "/".join(step for step in info.filename.split("/") if step not in ("", "."))
