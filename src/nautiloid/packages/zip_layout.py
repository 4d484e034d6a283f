"""Where readers of one zip archive may see different members: said of an archive before it is believed.

Python's ``zipfile`` and Java's ``ZipFile`` go by the central directory at the end; readers of streams (Java's
``JarInputStream``, some installers of wheels) by the headers before each member. In an honest archive both tell the
same. Source: APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from nautiloid.buffer import Buffer

_LOCAL, _CENTRAL, _END, _END64 = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"
_LOCAL_SIZE, _CENTRAL_SIZE, _END_SIZE = 30, 46, 22
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED, _DESCRIPTOR = 0x1, 0x8
_IN_ZIP64 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of the central directory, its name as it stands there."""

    info: zipfile.ZipInfo
    name: bytes


def disagreements(archive: zipfile.ZipFile, content: Buffer) -> tuple[str, ...]:
    """Return in which ways another reader may find other members than ``archive`` lists; none for an honest archive.

    Args:
        archive: The archive, as Python reads it.
        content: All its bytes.
    """
    entries, end = _central_directory(archive, content)
    found = [*_at_the_end(content, end, len(entries)), *_of_members(content, entries, archive.start_dir)]
    if len(entries) < len(archive.infolist()):
        found.append("its directory cannot be followed")
    return tuple(dict.fromkeys(found))


def _central_directory(archive: zipfile.ZipFile, content: Buffer) -> tuple[list[_Entry], int]:
    at, entries = archive.start_dir, []
    for info in archive.infolist():
        header = bytes(content[at : at + _CENTRAL_SIZE])
        if len(header) < _CENTRAL_SIZE or not header.startswith(_CENTRAL):
            break
        name, extra, comment = struct.unpack_from("<HHH", header, 28)
        entries.append(_Entry(info, bytes(content[at + _CENTRAL_SIZE : at + _CENTRAL_SIZE + name])))
        at += _CENTRAL_SIZE + name + extra + comment
    return entries, at


def _at_the_end(content: Buffer, directory_end: int, members: int) -> Iterator[str]:
    start = max(0, len(content) - _END_SIZE - _LONGEST_COMMENT)
    tail = bytes(content[start:])
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        return
    stated, comment = struct.unpack_from("<H", tail, at + 10)[0], struct.unpack_from("<H", tail, at + 20)[0]
    if at + _END_SIZE + comment != len(tail):
        yield "something follows its end"
    between = bytes(content[directory_end : start + at])
    if between and not between.startswith(_END64):
        yield "something stands between its directory and its end"
    if _END in between:
        yield "it has two ends"
    if stated not in (members & 0xFFFF, 0xFFFF):
        yield "its directory has another number of members than its end states"


def _of_members(content: Buffer, entries: list[_Entry], directory: int) -> Iterator[str]:
    if any(b"\0" in entry.name for entry in entries):
        yield "a member's name holds a zero, at which some readers stop"
    before = 0
    if entries and bytes(content[:4]) != _LOCAL:  # what stands before is no archive to a reader of streams
        before = min(entry.info.header_offset for entry in entries)
    for entry in sorted(entries, key=lambda one: one.info.header_offset):
        start = entry.info.header_offset
        header = bytes(content[start : start + _LOCAL_SIZE]) if start >= 0 else b""
        if len(header) < _LOCAL_SIZE or not header.startswith(_LOCAL):
            yield "a member is not where its directory says"
            continue
        if start < before:
            yield "its members overlap"
        elif content.find(_LOCAL, before, start) >= 0:
            yield "it holds a member that its directory does not name"
        name, extra = struct.unpack_from("<HH", header, 26)
        behind = start + _LOCAL_SIZE
        yield from _differences(entry, header, bytes(content[behind : behind + name]))
        before = behind + name + extra + entry.info.compress_size
    if content.find(_LOCAL, before, directory) >= 0:
        yield "it holds a member that its directory does not name"


def _differences(entry: _Entry, header: bytes, name: bytes) -> Iterator[str]:
    flags, method = struct.unpack_from("<HH", header, 6)
    crc, compressed, size = struct.unpack_from("<III", header, 14)
    info = entry.info
    if name != entry.name:
        yield "a member has one name in its directory and another before its content"
    if method != info.compress_type or (flags ^ info.flag_bits) & _ENCRYPTED:
        yield "a member is stored in one way by its directory and in another by its own header"
    stated = not flags & _DESCRIPTOR and _IN_ZIP64 not in (compressed, size)
    if stated and (crc, compressed, size) != (info.CRC, info.compress_size, info.file_size):
        yield "a member has another size or checksum in its directory than before its content"
