"""What a file is, told by its first bytes and its name: enough to explain why two versions of it differ."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEAD = 4096
"""How many of a file's first bytes ``kind_of`` wants to see."""

_ELF_TYPES = {1: "object", 2: "program", 3: "shared library", 4: "core dump"}
# e_machine values (System V ABI), those that Debian has ports for.
_MACHINES = {3: "i386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 21: "ppc64el", 22: "s390x", 8: "mips"}
_PT_INTERP = 3
_PYC_HEADER = 16
_GZIP_HEADER = 10
# PEP 552: the flag word of a bytecode file says how its age is told.
_PYC_FLAGS = {0: "checked by time", 1: "never checked", 3: "checked by hash"}


@dataclass(frozen=True, slots=True)
class ContentKind:
    """What kind of file this is.

    Attributes:
        name: In words, such as ``ELF shared library, amd64``; empty when there is nothing to say.
        header: Length in bytes of a header that tells when or from what the file was made; what follows it is the
            file's substance. 0: there is none.
    """

    name: str = ""
    header: int = 0


def kind_of(path: str, head: bytes) -> ContentKind:
    """Return the kind of a file.

    Args:
        path: Its path, for what only the name tells (``.py``).
        head: Its first ``HEAD`` bytes, or all of it.
    """
    if head.startswith(b"\x7fELF") and len(head) >= 52:
        return ContentKind(_elf(head))
    if path.endswith(".pyc") and len(head) >= _PYC_HEADER:
        magic, flags = struct.unpack_from("<H2xI", head)
        return ContentKind(f"Python bytecode (magic {magic}, {_PYC_FLAGS.get(flags, 'unknown flags')})", _PYC_HEADER)
    if head.startswith(b"\x1f\x8b\x08") and len(head) >= _GZIP_HEADER:
        return ContentKind("gzip", _GZIP_HEADER)
    if head.startswith(b"PK\x03\x04"):
        return ContentKind("zip archive")
    return ContentKind(_text(path, head))


def _text(path: str, head: bytes) -> str:
    if path.endswith((".py", ".pyi")):
        return "Python source"
    if head.startswith(b"#!"):
        return "script for " + head[2:].split(b"\n", 1)[0].strip()[:80].decode("utf-8", "replace")
    return ""


def _elf(head: bytes) -> str:
    """Describe an ELF file (System V ABI, chapter 4): a position-independent program is of type DYN, with PT_INTERP."""
    order = "<" if head[5] == 1 else ">"
    kind, machine = struct.unpack_from(f"{order}HH", head, 16)
    name = "program" if kind == 3 and _PT_INTERP in _segments(head, order) else _ELF_TYPES.get(kind, f"type {kind}")
    return f"ELF {name}, {_MACHINES.get(machine, f'machine {machine}')}"


def _segments(head: bytes, order: str) -> tuple[int, ...]:
    wide = head[4] == 2
    if wide and len(head) < 64:
        return ()
    start = struct.unpack_from(f"{order}Q" if wide else f"{order}I", head, 32 if wide else 28)[0]
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    places = (start + number * size for number in range(count))
    return tuple(struct.unpack_from(f"{order}I", head, place)[0] for place in places if place + 4 <= len(head))
