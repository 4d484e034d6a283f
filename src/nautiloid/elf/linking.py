"""What the dynamic linker needs to know of an ELF file."""

from __future__ import annotations

from dataclasses import dataclass, field

from nautiloid.buffer import Buffer
from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import Elf


@dataclass(frozen=True)
class ElfFacts:
    """The linking facts of one ELF file.

    Attributes:
        program: True when the kernel can start it: it names an interpreter, or is of type EXEC.
        needed: DT_NEEDED, in order.
        search: DT_RUNPATH or DT_RPATH, split; may hold ``$ORIGIN``.
        versions: Symbol versions that it needs, by soname.
        defines: Symbol versions that it defines; none when its symbols have no versions.
    """

    program: bool
    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    defines: tuple[str, ...] = ()


def linking_facts(content: Buffer) -> ElfFacts | None:
    """Return the facts of an ELF file, or None for anything else (also for a broken ELF file)."""
    try:
        elf = Elf(content)
        return ElfFacts(
            program=elf.program,
            soname=elf.soname,
            needed=elf.needed,
            search=elf.search_path,
            versions=elf.versions_needed,
            defines=elf.versions_defined,
        )
    except ElfError:
        return None
