"""What makes a file something that can be started: an ELF program or a script, judged by its first bytes."""

from __future__ import annotations

import struct

HEAD = 4096
"""How many bytes of a file ``is_program`` wants to see; program headers lie right behind the ELF header."""

_PT_INTERP = 3
_ET_EXEC = 2


def is_program(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` can be started: ELF with an interpreter or type EXEC, or ``#!``."""
    return head.startswith(b"#!") or _is_elf_program(head)


def _is_elf_program(head: bytes) -> bool:
    if not head.startswith(b"\x7fELF") or len(head) < 64:
        return False
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    kind = struct.unpack_from(f"{order}H", head, 16)[0]
    start = struct.unpack_from(f"{order}Q" if wide else f"{order}I", head, 32 if wide else 28)[0]
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    places = (start + number * size for number in range(count))
    types = [struct.unpack_from(f"{order}I", head, place)[0] for place in places if place + 4 <= len(head)]
    return kind == _ET_EXEC or _PT_INTERP in types
