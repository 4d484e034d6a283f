"""Take the symbol table out of a native library: what strip(1) does, in one way on every machine.

``.symtab`` and ``.strtab`` name internal functions for debuggers; the dynamic linker reads ``.dynsym``. They lie behind
everything that is ever mapped into memory, so the mapped part of the file is copied as it is and only the tail is
written anew: also libraries that patchelf has rearranged, which binutils' strip breaks, come out whole.
Format: ELF-64, System V gABI chapter 4 ("Sections").
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from nautiloid.factory.rootfs.content import Content, FileSlice

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMTAB, _STRTAB, _NOBITS = 2, 3, 8
_ALLOC = 0x2
_VERSION = "stripped-1"


@dataclass(frozen=True)
class _Section:
    name: int
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int

    def pack(self) -> bytes:
        return _SECTION.pack(
            self.name, self.type, self.flags, self.address, self.offset,
            self.size, self.link, self.info, self.align, self.entry_size,
        )  # fmt: skip


def without_symbols(content: Content, cache: Path) -> Content:
    """Return the library without its symbol table, or ``content`` itself where there is nothing to take out.

    Args:
        content: A 64-bit little-endian ELF file.
        cache: Where stripped libraries are kept, by the identity of the original.
    """
    identity = f"{_VERSION}:{content.identity}"
    place = cache / f"{hashlib.sha256(identity.encode()).hexdigest()}.so"
    if not place.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache) as original, content.open() as stream:
            shutil.copyfileobj(stream, original, 1 << 20)
            handle, temporary = tempfile.mkstemp(dir=cache)
            with os.fdopen(handle, "wb") as stripped:
                _strip(original, stripped)
        Path(temporary).replace(place)
    return FileSlice(place, place.stat().st_size, identity)


def _strip(original: BinaryIO, stripped: BinaryIO) -> None:
    original.seek(0)
    header = list(_HEADER.unpack(original.read(_HEADER.size)))
    sections = _sections(original, header)
    symbol_tables = {index for index, section in enumerate(sections) if section.type == _SYMTAB}
    names_index = header[13]
    removed = symbol_tables | {sections[index].link for index in symbol_tables}
    removed -= {names_index}
    mapped = [index for index, section in enumerate(sections) if section.flags & _ALLOC]
    # Dynamic symbols name their section by number: the numbers of what stays mapped must not move.
    if not symbol_tables or min(removed) < max(mapped, default=0):
        _copy(original, 0, original.seek(0, os.SEEK_END), stripped)
        return
    kept = [index for index in range(len(sections)) if index not in removed]
    numbers = {old: new for new, old in enumerate(kept)}
    _copy(original, 0, _end_of_mapped(original, header, sections), stripped)
    placed = []
    for index in kept:
        section = sections[index]
        if index and not section.flags & _ALLOC and section.type != _NOBITS:
            section = _append(original, section, stripped)
        placed.append(replace(section, link=numbers.get(section.link, 0)))
    _pad(stripped, 8)
    header[6], header[12], header[13] = stripped.tell(), len(placed), numbers[names_index]
    for section in placed:
        stripped.write(section.pack())
    stripped.seek(0)
    stripped.write(_HEADER.pack(*header))


def _sections(original: BinaryIO, header: list[int]) -> list[_Section]:
    original.seek(header[6])
    return [_Section(*_SECTION.unpack(original.read(_SECTION.size))) for _ in range(header[12])]


def _end_of_mapped(original: BinaryIO, header: list[int], sections: list[_Section]) -> int:
    """Return where the last byte that a segment or an allocated section needs ends."""
    ends = [section.offset + section.size for section in sections if section.flags & _ALLOC and section.type != _NOBITS]
    original.seek(header[5])
    for _ in range(header[10]):
        _, _, offset, _, _, size, _, _ = _PROGRAM.unpack(original.read(_PROGRAM.size))
        ends.append(offset + size)
    return max(ends)


def _append(original: BinaryIO, section: _Section, stripped: BinaryIO) -> _Section:
    _pad(stripped, max(1, section.align))
    offset = stripped.tell()
    _copy(original, section.offset, section.offset + section.size, stripped)
    return replace(section, offset=offset)


def _copy(original: BinaryIO, start: int, end: int, stripped: BinaryIO) -> None:
    original.seek(start)
    remaining = end - start
    while remaining > 0:
        block = original.read(min(remaining, 1 << 20))
        if not block:
            break
        stripped.write(block)
        remaining -= len(block)


def _pad(stripped: BinaryIO, alignment: int) -> None:
    stripped.write(b"\0" * (-stripped.tell() % alignment))
