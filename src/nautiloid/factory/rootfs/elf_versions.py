"""Symbol versions of an ELF file: which it needs of each library (GLIBC_2.38), and which it defines.

Read through the dynamic section, not the section table, which strip tools may take away. Format: the Linux Standard
Base, "Symbol Versioning" (Elfxx_Verneed, Elfxx_Vernaux, Elfxx_Verdef, Elfxx_Verdaux; the same in 32 and 64 bits).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BASE = 1  # VER_FLG_BASE: the file itself
_WEAK = 2  # VER_FLG_WEAK: the program runs without it
_MOST_ENTRIES = 10_000  # libstdc++ defines some 60; a damaged chain must end


@dataclass(frozen=True)
class VersionTables:
    """Where the tables lie in the file, as offsets; 0: there is none.

    Attributes:
        little: The file's byte order.
        strings: Offset of the dynamic string table.
    """

    stream: BinaryIO
    little: bool
    strings: int
    need: int
    define: int

    def needed(self) -> dict[str, tuple[str, ...]]:
        """Return the versions that the file needs, by the library's soname.

        Raises:
            ValueError: The tables are damaged.
        """
        found: dict[str, tuple[str, ...]] = {}
        for offset in self._chain(self.need, "HHIII", 4):
            _, count, name, aux, _ = self._read(offset, "HHIII")
            entries = itertools.islice(self._chain(offset + aux, "IHHII", 4), count)
            fields = [self._read(place, "IHHII") for place in entries]
            versions = [self._string(field[3]) for field in fields if not field[1] & _WEAK]
            found[self._string(name)] = tuple(versions)
        return found

    def defined(self) -> tuple[str, ...]:
        """Return the versions that the file defines, its own name aside.

        Raises:
            ValueError: The table is damaged.
        """
        found = []
        for offset in self._chain(self.define, "HHHHIII", 6):
            _, flags, _, _, _, aux, _ = self._read(offset, "HHHHIII")
            if not flags & _BASE:
                found.append(self._string(self._read(offset + aux, "II")[0]))
        return tuple(found)

    def _chain(self, start: int, form: str, link: int) -> Iterator[int]:
        """Yield the offset of each entry; field ``link`` of an entry is the distance to the next one."""
        offset = start
        for _ in range(_MOST_ENTRIES):
            if not offset:
                return
            yield offset
            distance = self._read(offset, form)[link]
            offset = offset + distance if distance else 0
        raise ValueError("a table of symbol versions does not end")

    def _read(self, offset: int, form: str) -> tuple[int, ...]:
        layout = struct.Struct(("<" if self.little else ">") + form)
        self.stream.seek(offset)
        data = self.stream.read(layout.size)
        if len(data) != layout.size:
            raise ValueError("a table of symbol versions lies outside of the file")
        return layout.unpack(data)

    def _string(self, index: int) -> str:
        self.stream.seek(self.strings + index)
        return self.stream.read(256).partition(b"\0")[0].decode("ascii", "replace")
