"""Take the symbol table out of a native library: what strip(1) does, in one way on every machine.

``.symtab`` and ``.strtab`` name internal functions for debuggers; the dynamic linker reads ``.dynsym``. They lie behind
everything that is ever mapped into memory, so the mapped part of the file is copied as it is and only the tail is
written anew: also libraries that patchelf has rearranged, which binutils' strip breaks, come out whole.
Format: ELF-64, System V gABI chapter 4 ("Sections").
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import astuple, replace
from typing import BinaryIO

from nautiloid.buffer import Buffer
from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import SHT_NOBITS, Elf, Section

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMTAB = 2
_ALLOC = 0x2
_SHOFF, _SHNUM = 40, 60  # where the header says where the section table lies, and how long it is
_BLOCK = 1 << 20


def strip_symbols(original: Buffer, stripped: BinaryIO) -> None:
    """Write a library without its symbol table, or as it is where there is nothing to take out.

    Args:
        original: A 64-bit little-endian ELF file.
        stripped: Open for writing, empty.

    Raises:
        ElfError: It is something else, or damaged.
    """
    if original[4:6] != b"\x02\x01":
        raise ElfError("not a 64-bit little-endian ELF file")
    elf = Elf(original)
    sections = elf.section_headers
    symbol_tables = {index for index, section in enumerate(sections) if section.kind == _SYMTAB}
    removed = symbol_tables | {sections[index].link for index in symbol_tables}
    removed -= {elf.section_names_at}
    mapped = [index for index, section in enumerate(sections) if section.flags & _ALLOC]
    # Dynamic symbols name their section by number: the numbers of what stays mapped must not move.
    if not symbol_tables or min(removed) < max(mapped, default=0):
        _copy(original, 0, len(original), stripped)
        return
    kept = [index for index in range(len(sections)) if index not in removed]
    numbers = {old: new for new, old in enumerate(kept)}
    _copy(original, 0, _end_of_mapped(elf), stripped)
    placed = []
    for index in kept:
        section = sections[index]
        if index and not section.flags & _ALLOC and section.kind != SHT_NOBITS:
            section = _append(original, section, stripped)
        placed.append(replace(section, link=numbers.get(section.link, 0)))
    _write_table(placed, numbers[elf.section_names_at], stripped)


def _end_of_mapped(elf: Elf) -> int:
    """Return where the last byte that a segment or an allocated section needs ends."""
    mapped = [one for one in elf.section_headers if one.flags & _ALLOC and one.kind != SHT_NOBITS]
    ends = [section.offset + section.size for section in mapped]
    return max([*ends, *(segment.offset + segment.size for segment in elf.segments)], default=0)


def _write_table(sections: Sequence[Section], names_at: int, stripped: BinaryIO) -> None:
    _pad(stripped, 8)
    place = stripped.tell()
    for section in sections:
        stripped.write(_SECTION.pack(*astuple(section)))
    stripped.seek(_SHOFF)
    stripped.write(struct.pack("<Q", place))
    stripped.seek(_SHNUM)
    stripped.write(struct.pack("<HH", len(sections), names_at))


def _append(original: Buffer, section: Section, stripped: BinaryIO) -> Section:
    _pad(stripped, max(1, section.align))
    offset = stripped.tell()
    _copy(original, section.offset, section.offset + section.size, stripped)
    return replace(section, offset=offset)


def _copy(original: Buffer, start: int, end: int, stripped: BinaryIO) -> None:
    for place in range(start, end, _BLOCK):
        stripped.write(original[place : min(place + _BLOCK, end)])


def _pad(stripped: BinaryIO, alignment: int) -> None:
    stripped.write(b"\0" * (-stripped.tell() % alignment))
