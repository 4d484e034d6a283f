"""Collects a streaming file so that it can be read at random: small ones in memory, large ones in an unnamed file."""

from __future__ import annotations

import mmap
import struct
import tempfile
from collections.abc import Callable
from typing import IO

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.inspection.facts import Unread

IN_MEMORY = 4 << 20
"""Bytes up to which a file is collected in memory; a mapped file costs only the pages that are looked at."""

Interpret = Callable[[str, Buffer], object]


class Gather:
    """Hands the whole content of a file to ``interpret`` when it has passed.

    Args:
        path: The file's path, for ``interpret``.
        size: Its size in bytes, as the archive says; more is not taken.
        interpret: Makes facts of path and content. What it raises as a ValueError becomes ``Unread``.
    """

    def __init__(self, path: str, size: int, interpret: Interpret) -> None:
        self._path, self._size, self._interpret = path, size, interpret
        self._memory = bytearray()
        self._file: IO[bytes] | None = tempfile.TemporaryFile() if size > IN_MEMORY else None  # noqa: SIM115
        self._taken = 0

    def feed(self, chunk: bytes) -> None:
        """Collect the next bytes."""
        self._taken += len(chunk)
        if self._taken > bounds.COLLECTED:
            return
        if self._file is not None:
            self._file.write(chunk)
        else:
            self._memory += chunk

    def facts(self) -> object:
        """Let the content be read, and forget it."""
        if self._taken > bounds.COLLECTED:
            self._close()
            return Unread(f"larger than {bounds.COLLECTED >> 30} GiB")
        try:
            return self._read()
        except (ValueError, OSError, MemoryError, RecursionError, struct.error) as error:
            return Unread(str(error) or type(error).__name__)
        finally:
            self._close()

    def _read(self) -> object:
        if self._file is None:
            return self._interpret(self._path, self._memory)
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return self._interpret(self._path, mapped)

    def _close(self) -> None:
        self._memory = bytearray()
        if self._file is not None:
            self._file.close()
