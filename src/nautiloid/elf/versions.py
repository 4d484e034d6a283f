"""Symbol versions of an ELF file: which it needs of each library (GLIBC_2.38), and which it defines.

Read through the dynamic section, not the section table, which strip tools may take away. Format: the Linux Standard
Base, "Symbol Versioning" (Elfxx_Verneed, Elfxx_Vernaux, Elfxx_Verdef, Elfxx_Verdaux; the same in 32 and 64 bits).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nautiloid import bounds
from nautiloid.elf.errors import ElfError

_BASE = 1  # VER_FLG_BASE: the file itself
_WEAK = 2  # VER_FLG_WEAK: the program runs without it


@dataclass(frozen=True)
class VersionTables:
    """One of a file's version tables.

    Attributes:
        read: Unpacks a structure at an offset of the file, in the file's byte order.
        string: Returns a text of the dynamic string table.
        start: Offset of the table in the file; None: there is none.
    """

    read: Callable[[str, int], tuple[int, ...]]
    string: Callable[[int], str]
    start: int | None

    def needed(self) -> dict[str, tuple[str, ...]]:
        """Return the versions that the file needs, by the library's soname.

        Raises:
            ElfError: The table is damaged.
        """
        found: dict[str, tuple[str, ...]] = {}
        for offset in self._chain(self.start, "HHIII", 4):
            _, count, name, aux, _ = self.read("HHIII", offset)
            entries = itertools.islice(self._chain(offset + aux, "IHHII", 4), count)
            fields = [self.read("IHHII", place) for place in entries]
            found[self.string(name)] = tuple(self.string(field[3]) for field in fields if not field[1] & _WEAK)
        return found

    def defined(self) -> tuple[str, ...]:
        """Return the versions that the file defines, its own name aside.

        Raises:
            ElfError: The table is damaged.
        """
        found = []
        for offset in self._chain(self.start, "HHHHIII", 6):
            _, flags, _, _, _, aux, _ = self.read("HHHHIII", offset)
            if not flags & _BASE:
                found.append(self.string(self.read("II", offset + aux)[0]))
        return tuple(found)

    def _chain(self, start: int | None, form: str, link: int) -> Iterator[int]:
        """Yield the offset of each entry; field ``link`` of an entry is the distance to the next one."""
        offset = start
        for _ in range(bounds.ELF_VERSIONS):
            if not offset:
                return
            yield offset
            distance = self.read(form, offset)[link]
            offset = offset + distance if distance else 0
        raise ElfError("a table of symbol versions does not end")
