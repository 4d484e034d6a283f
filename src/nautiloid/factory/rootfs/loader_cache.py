"""Write ``/etc/ld.so.cache``, which ldconfig(8) would have made.

Format: glibc's ``struct cache_file_new`` (magic ``glibc-ld.so.cache1.1``, sysdeps/generic/dl-cache.h), entries sorted
as ldconfig sorts them, because the dynamic linker searches them by bisection.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.rootfs.linkage import default_directories

_MAGIC = b"glibc-ld.so.cache1.1"
_LITTLE_ENDIAN = 2
_FLAGS = {"amd64": 0x0303, "arm64": 0x0A03}
_HEADER = struct.Struct("<20sIIB3xI12x")
_ENTRY = struct.Struct("<iIIIQ")


def loader_cache(facts: Mapping[str, ElfFacts], architecture: str) -> bytes:
    """Return the cache for the libraries that lie in the default directories.

    Args:
        facts: Linking facts by canonical image path.
        architecture: Debian's name of the architecture.
    """
    directories = set(default_directories(architecture))
    libraries = [
        (elf.soname or path.rpartition("/")[2], f"/{_unmerged(path)}")
        for path, elf in facts.items()
        if path.rpartition("/")[0] in directories and not elf.program and elf.soname
    ]
    libraries.sort(key=lambda item: (_order(item[0]), item[1]), reverse=True)
    strings, offsets = _string_table(libraries, start=_HEADER.size + _ENTRY.size * len(libraries))
    header = _HEADER.pack(_MAGIC, len(libraries), len(strings), _LITTLE_ENDIAN, 0)
    entries = b"".join(
        _ENTRY.pack(_FLAGS[architecture], offsets[name], offsets[path], 0, 0) for name, path in libraries
    )
    return header + entries + strings


def _unmerged(path: str) -> str:
    # Debian's ldconfig reads /lib/TRIPLET before /usr/lib/TRIPLET; on a merged root they are one.
    return path.removeprefix("usr/") if path.startswith("usr/lib/") else path


def _string_table(libraries: list[tuple[str, str]], start: int) -> tuple[bytes, dict[str, int]]:
    table = bytearray()
    offsets: dict[str, int] = {}
    for text in (text for library in libraries for text in library):
        if text not in offsets:
            offsets[text] = start + len(table)
            table += text.encode() + b"\0"
    return bytes(table), offsets


def _order(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key equal to glibc's ``_dl_cache_libcmp``: runs of digits compare as numbers, above letters."""
    return [(1, int(part), "") if part.isdigit() else (0, ord(part), "") for part in re.findall(r"\d+|\D", name)]
