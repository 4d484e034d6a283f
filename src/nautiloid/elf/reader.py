"""ELF files, read without trusting them: how they were linked and hardened, what they need, where their texts lie.

Sources: System V ABI chapters 4 and 5 (headers, dynamic section), the GNU ABI extensions (PT_GNU_STACK, PT_GNU_RELRO,
notes), and systemd's package metadata for ELF files (``.note.package``). Written for hostile files: every offset is
checked, every table is bounded, and what lies outside of the file is an ``ElfError``. pyelftools is the oracle of the
tests; it takes some fifty times as long, too long for the thousand ELF files of an ordinary image.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.elf.errors import ElfError
from nautiloid.elf.versions import VersionTables

SHT_NOBITS = 8
"""Type of a section that takes no room in the file."""

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP, _PT_NOTE = 1, 2, 3, 4
_PT_GNU_STACK, _PT_GNU_RELRO = 0x6474E551, 0x6474E552
_DT_NEEDED, _DT_STRTAB, _DT_STRSZ, _DT_SONAME, _DT_RPATH, _DT_BIND_NOW, _DT_RUNPATH, _DT_FLAGS = (
    1, 5, 10, 14, 15, 24, 29, 30,
)  # fmt: skip
_DT_FLAGS_1, _DT_VERDEF, _DT_VERNEED = 0x6FFFFFFB, 0x6FFFFFFC, 0x6FFFFFFE
_DF_BIND_NOW, _DF_1_NOW, _DF_1_PIE = 0x8, 0x1, 0x08000000
_ET_EXEC, _ET_DYN = 2, 3
_NT_FDO_PACKAGING = 0xCAFE1A7E

_MACHINES = {3: "i386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 21: "ppc64el", 22: "s390x", 8: "mips"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header: bytes ``offset`` to ``offset + size`` of the file lie at ``address``."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section header, as chapter 4 of the System V ABI has it; ``name`` is an offset into the table of names."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int


class Elf:
    """One ELF file.

    Attributes:
        machine: Debian's name of the processor, or its number.
        kind: The header's ``e_type``: 2 is a program at a fixed address, 3 a shared object or position independent.
        segments: The program headers.
    """

    def __init__(self, content: Buffer) -> None:
        """Read the header and the program headers.

        Raises:
            ElfError: It is no ELF file, or a damaged one.
        """
        self.content = content
        if content[:4] != b"\x7fELF" or len(content) < 52 or content[4] not in (1, 2) or content[5] not in (1, 2):
            raise ElfError("not an ELF file")
        self._wide, self._order = content[4] == 2, "<" if content[5] == 1 else ">"
        self.kind, machine = self._read("HH", 16)
        self.machine = _MACHINES.get(machine, f"machine {machine}")
        offsets = self._read("QQ" if self._wide else "II", 32 if self._wide else 28)
        sizes = self._read("HHHHH", 54 if self._wide else 42)
        self._sections_at, self._section_table = offsets[1], sizes[2:]
        self.segments = tuple(self._segments(offsets[0], sizes[0], sizes[1]))

    @property
    def program(self) -> bool:
        """Whether the kernel can start it."""
        return self.kind == _ET_EXEC or any(segment.kind == _PT_INTERP for segment in self.segments)

    @property
    def shared_object(self) -> bool:
        """Whether it is a library or module."""
        return self.kind == _ET_DYN and not self.program

    @cached_property
    def dynamic(self) -> tuple[tuple[int, int], ...]:
        """Tags and values of the dynamic section."""
        found: list[tuple[int, int]] = []
        place = next((segment for segment in self.segments if segment.kind == _PT_DYNAMIC), None)
        if place is None:
            return ()
        form, step = ("QQ", 16) if self._wide else ("II", 8)
        for offset in range(place.offset, place.offset + min(place.size, bounds.ELF_DYNAMIC * step), step):
            tag, value = self._read(form, offset)
            if not tag:
                break
            found.append((tag, value))
        return tuple(found)

    @cached_property
    def sections(self) -> dict[str, tuple[int, int]]:
        """Offset and size of each named section; none where the table was stripped."""
        headers, names_at = self.section_headers, self._section_table[2]
        if names_at >= len(headers):
            return {}
        names = headers[names_at]
        table = bytes(self.content[names.offset : names.offset + min(names.size, 1 << 20)])
        return {
            _until_zero(table, header.name): (header.offset, header.size)
            for header in headers
            if header.kind != SHT_NOBITS
        }

    @cached_property
    def section_headers(self) -> tuple[Section, ...]:
        """Every section header by its number; none where the table was stripped, or is larger than any real one."""
        size, count, _ = self._section_table
        if not self._sections_at or not count or count > bounds.ELF_HEADERS or size < (64 if self._wide else 40):
            return ()
        form = "IIQQQQIIQQ" if self._wide else "IIIIIIIIII"
        return tuple(Section(*self._read(form, self._sections_at + number * size)) for number in range(count))

    @property
    def section_names_at(self) -> int:
        """Number of the section that holds the sections' names."""
        return self._section_table[2]

    @cached_property
    def symbol_names(self) -> bytes:
        """The dynamic string table, where the names of imported functions stand."""
        tags = dict(self.dynamic)
        start = self.offset_of(tags.get(_DT_STRTAB, 0))
        return bytes(self.content[start : start + tags.get(_DT_STRSZ, 0)]) if start is not None else b""

    @property
    def interpreter(self) -> str:
        """The dynamic linker that it asks for (PT_INTERP); empty where it asks for none."""
        for segment in self.segments:
            if segment.kind == _PT_INTERP:
                text = bytes(self.content[segment.offset : segment.offset + min(segment.size, bounds.ELF_TEXT)])
                return text.partition(b"\0")[0].decode("utf-8", "replace")
        return ""

    @property
    def search_path(self) -> tuple[str, ...]:
        """Where its libraries are looked for first: DT_RUNPATH, else DT_RPATH; may hold ``$ORIGIN``."""
        tags = dict(self.dynamic)
        place = tags.get(_DT_RUNPATH, tags.get(_DT_RPATH))
        return tuple(filter(None, self._name(place).split(":"))) if place is not None else ()

    @property
    def versions_needed(self) -> dict[str, tuple[str, ...]]:
        """Symbol versions that it needs, by the soname of the library (GLIBC_2.38 of libc.so.6).

        Raises:
            ElfError: The tables are damaged.
        """
        return self._versions(_DT_VERNEED).needed()

    @property
    def versions_defined(self) -> tuple[str, ...]:
        """Symbol versions that it defines; none where its symbols have no versions.

        Raises:
            ElfError: The table is damaged.
        """
        return self._versions(_DT_VERDEF).defined()

    @property
    def soname(self) -> str:
        """The name by which other files ask for it."""
        return next((self._name(value) for tag, value in self.dynamic if tag == _DT_SONAME), "")

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries that it asks for."""
        return tuple(self._name(value) for tag, value in self.dynamic if tag == _DT_NEEDED)

    @property
    def pie(self) -> bool:
        """Whether it may lie at any address."""
        return self.kind == _ET_DYN

    @property
    def nx(self) -> bool:
        """Whether its stack may not be executed; without a PT_GNU_STACK header the kernel allows it."""
        stack = next((segment for segment in self.segments if segment.kind == _PT_GNU_STACK), None)
        return stack is not None and not stack.flags & 1

    @property
    def relro(self) -> str:
        """``full``, ``partial`` or ``none``: what becomes read-only once it is linked."""
        if not any(segment.kind == _PT_GNU_RELRO for segment in self.segments):
            return "none"
        tags = dict(self.dynamic)
        now = _DT_BIND_NOW in tags or tags.get(_DT_FLAGS, 0) & _DF_BIND_NOW or tags.get(_DT_FLAGS_1, 0) & _DF_1_NOW
        return "full" if now or not tags else "partial"

    def text_ranges(self) -> tuple[tuple[int, int], ...]:
        """Return where constant texts lie, as (start, end) in the file: read-only data, else all that is no code."""
        end = len(self.content)
        try:
            known = [place for name, place in self.sections.items() if name.startswith(".rodata")]
        except ElfError:
            known = []
        if not known:
            known = [(part.offset, part.size) for part in self.segments if part.kind == _PT_LOAD and not part.flags & 1]
        if not known:
            known = [(part.offset, part.size) for part in self.segments if part.kind == _PT_LOAD]
        return tuple((min(start, end), min(start + size, end)) for start, size in known)

    # -- tables ------------------------------------------------------------------------------------

    def _segments(self, start: int, size: int, count: int) -> list[Segment]:
        if count > bounds.ELF_HEADERS:
            raise ElfError(f"{count} program headers")
        found = []
        for offset in range(start, start + size * count, size or 1):
            if self._wide:
                kind, flags, place, address, _, extent = self._read("IIQQQQ", offset)
            else:
                kind, place, address, _, extent, _, flags = self._read("IIIIIII", offset)
            found.append(Segment(kind, flags, place, address, extent))
            if len(found) == count:
                break
        return found

    def _versions(self, tag: int) -> VersionTables:
        address = dict(self.dynamic).get(tag)
        start = self.offset_of(address) if address is not None else None
        return VersionTables(self._read, self._name, start)

    def _notes(self, segment: Segment) -> list[tuple[int, bytes, bytes]]:
        found = []
        offset, end = segment.offset, segment.offset + segment.size
        while offset + 12 <= end:
            names, texts, kind = self._read("III", offset)
            start = offset + 12 + (names + 3 & ~3)
            owner = bytes(self.content[offset + 12 : offset + 12 + min(names, 64)]).rstrip(b"\0")
            found.append((kind, owner, bytes(self.content[start : min(start + texts, end)])))
            offset = start + (texts + 3 & ~3)
        return found

    def offset_of(self, address: int) -> int | None:
        """Return where in the file an address lies; None for one that is not in it."""
        for segment in self.segments:
            if segment.kind == _PT_LOAD and segment.address <= address < segment.address + segment.size:
                return segment.offset + address - segment.address
        return None

    def _name(self, index: int) -> str:
        return self.symbol_names[index : index + bounds.ELF_TEXT].partition(b"\0")[0].decode("utf-8", "replace")

    def _read(self, form: str, offset: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self._order + form, self.content, offset)
        except (struct.error, OverflowError) as error:
            raise ElfError("a table lies outside of the file") from error


def _until_zero(table: bytes, start: int) -> str:
    return table[start : start + bounds.ELF_TEXT].partition(b"\0")[0].decode("ascii", "replace")
