"""What the dynamic linker needs to know of an ELF file: the ELF header, PT_INTERP and the dynamic section."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, cast

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from nautiloid.factory.rootfs.elf_versions import VersionTables


@dataclass(frozen=True)
class ElfFacts:
    """The linking facts of one ELF file.

    Attributes:
        machine: Such as ``EM_X86_64``.
        program: True when the kernel can start it: it names an interpreter, or is of type EXEC.
        needed: DT_NEEDED, in order.
        search: DT_RUNPATH or DT_RPATH, split; may hold ``$ORIGIN``.
        inherited: True when ``search`` is a DT_RPATH, which libraries loaded from here inherit.
        versions: Symbol versions that it needs, by soname.
        defines: Symbol versions that it defines; none when its symbols have no versions.
    """

    machine: str
    program: bool
    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    inherited: bool
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    defines: tuple[str, ...] = ()


def read_elf(stream: BinaryIO) -> ElfFacts | None:
    """Return the facts of an ELF file, or None for anything else (also for a broken ELF file)."""
    if stream.read(4) != b"\x7fELF":
        return None
    stream.seek(0)
    try:
        return _read(ELFFile(stream))
    except (ELFError, ValueError, KeyError, UnicodeDecodeError, OverflowError, AssertionError):
        return None


def _read(elf: ELFFile) -> ElfFacts:
    needed: list[str] = []
    soname, runpath, rpath, interpreter = "", "", "", False
    tables: VersionTables | None = None
    for segment in elf.iter_segments():
        if isinstance(segment, InterpSegment):
            interpreter = True
        if not isinstance(segment, DynamicSegment):
            continue
        tables = _version_tables(elf, segment)
        for tag in segment.iter_tags():
            match tag.entry.d_tag:
                case "DT_NEEDED":
                    needed.append(_text(tag))
                case "DT_SONAME":
                    soname = _text(tag)
                case "DT_RUNPATH":
                    runpath = _text(tag)
                case "DT_RPATH":
                    rpath = _text(tag)
    return ElfFacts(
        machine=elf["e_machine"],
        program=interpreter or elf["e_type"] == "ET_EXEC",
        soname=soname,
        needed=tuple(needed),
        search=tuple(filter(None, (runpath or rpath).split(":"))),
        inherited=bool(rpath and not runpath),
        versions=tables.needed() if tables else {},
        defines=tables.defined() if tables else (),
    )


def _version_tables(elf: ELFFile, dynamic: DynamicSegment) -> VersionTables:
    offsets = {name: dynamic.get_table_offset(name)[1] or 0 for name in ("DT_STRTAB", "DT_VERNEED", "DT_VERDEF")}
    return VersionTables(cast(BinaryIO, elf.stream), elf.little_endian, *offsets.values())


def _text(tag: DynamicTag) -> str:
    """Return a dynamic tag's string; pyelftools keeps it in an attribute named after the tag (DT_NEEDED: needed)."""
    return str(getattr(tag, tag.entry.d_tag.removeprefix("DT_").lower()))
