"""From the paths that a program named to the very files of the image that it opened.

Files are told apart as the kernel does, by device and inode: through whatever links a file was reached, and under
whichever of its names, it is one file.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from nautiloid.buffer import mapped_file
from nautiloid.elf.errors import ElfError
from nautiloid.elf.reader import Elf
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.unpack import resolve_inside
from nautiloid.trace.strace import Use, UseKind

FileIdentity = tuple[int, int]
_MOST_INTERPRETERS = 5  # the kernel itself follows no more (BINPRM_MAX_RECURSION)


class ImageFiles:
    """The files of an unpacked image."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def identity(self, path: str) -> FileIdentity | None:
        """Return which file a path leads to; None where it leads to no regular file of the image."""
        try:
            status = resolve_inside(self._root, path.lstrip("/")).lstat()
        except (OSError, ImageFormatError, ValueError):
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None

    def opened(self, uses: Iterable[Use]) -> dict[FileIdentity, str]:
        """Return every file of the image that was opened or executed, with a path under which it was.

        What the kernel opens by itself when a program starts is added: the interpreter behind ``#!``, and the ELF
        interpreter (``ld.so``), which no system call of a program names.
        """
        found: dict[FileIdentity, str] = {}
        for use in sorted(uses, key=lambda use: (use.path, use.kind)):
            if use.kind is UseKind.LOOK:
                continue
            paths = [use.path, *(self._started_with(use.path) if use.kind is UseKind.EXEC else ())]
            for path in paths:
                if (identity := self.identity(path)) is not None:
                    found.setdefault(identity, path)
        return found

    def _started_with(self, path: str) -> Iterator[str]:
        for _ in range(_MOST_INTERPRETERS):
            interpreter = self._interpreter(path)
            if not interpreter:
                return
            yield interpreter
            path = interpreter

    def _interpreter(self, path: str) -> str:
        try:
            with resolve_inside(self._root, path.lstrip("/")).open("rb") as stream:
                head = stream.read(256)
                if head.startswith(b"#!"):
                    words = head.partition(b"\n")[0][2:].split()
                    return words[0].decode(errors="replace") if words else ""
                if head.startswith(b"\x7fELF"):
                    with mapped_file(stream) as content:
                        return Elf(content).interpreter
        except (OSError, ImageFormatError, ElfError, ValueError):
            pass
        return ""
