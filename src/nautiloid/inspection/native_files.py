"""What an ELF file says of itself: its protections, and what was linked into it."""

from __future__ import annotations

import re

from nautiloid.buffer import Buffer
from nautiloid.elf.reader import Elf
from nautiloid.inspection.facts import Native
from nautiloid.inspection.native_libraries import find_libraries
from nautiloid.packages.kinds import KINDS

_CHECKED_CALL = re.compile(rb"\0__[a-z0-9_]{2,20}_chk\0")


def read_native(path: str, content: Buffer) -> Native:
    """Return the facts of an ELF file.

    Raises:
        ValueError: It is damaged.
    """
    elf = Elf(content)
    names = elf.symbol_names
    return Native(
        machine=elf.machine,
        program=elf.program,
        shared_object=elf.shared_object,
        soname=elf.soname,
        pie=elf.pie,
        relro=elf.relro,
        canary=b"\0__stack_chk_fail\0" in names,
        fortify=_CHECKED_CALL.search(names) is not None,
        nx=elf.nx,
        clues=find_libraries(path, elf),
        modules=tuple(component for kind in KINDS for component in kind.in_native(path, elf)),
    )
