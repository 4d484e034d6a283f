"""The log of a container that no daemon keeps: what its program writes, in two files of limited size.

A program can write for ever, and the disk is not its own. When the newer file is full it takes the place of the older.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_MOST = 10 << 20  # bytes of one file
_CHUNK = 1 << 16
_PAUSE = 0.1  # seconds between two looks


class LogWriter:
    """Writes what comes through a pipe into a log."""

    def __init__(self, path: Path, *, most: int = _MOST) -> None:
        """Begin.

        Args:
            path: The log; the older half lies beside it with ``.1`` after its name.
            most: Bytes of each of the two files.
        """
        self._path, self._most = path, most
        self._source, self.descriptor = os.pipe()
        os.set_inheritable(self.descriptor, True)
        self._file = path.open("ab", buffering=0)
        self._copying = threading.Thread(target=self._copy, daemon=True)
        self._copying.start()

    def close(self) -> None:
        """Write what is still in the pipe; the other end must be closed everywhere."""
        os.close(self.descriptor)
        self._copying.join(timeout=1.0)

    def _copy(self) -> None:
        while data := os.read(self._source, min(_CHUNK, self._most)):
            with contextlib.suppress(OSError, ValueError):  # a full disk: the program must not wait for its pipe
                self._keep(data)
        self._file.close()

    def _keep(self, data: bytes) -> None:
        if self._file.tell() + len(data) > self._most:
            self._file.close()
            self._path.replace(older(self._path))
            self._file = self._path.open("ab", buffering=0)
        self._file.write(data)


def older(path: Path) -> Path:
    """Return where the older half of a log lies."""
    return path.with_name(f"{path.name}.1")


def read_log(path: Path, goes_on: Callable[[], bool]) -> Iterator[bytes]:
    """Yield a log, and what is added for as long as ``goes_on`` says so."""
    if older(path).exists():
        yield older(path).read_bytes()
    file = path.open("rb")
    try:
        while True:
            alive = goes_on()
            while data := file.read(_CHUNK):
                yield data
            if path.exists() and path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                file.close()
                file = path.open("rb")
            elif alive:
                time.sleep(_PAUSE)
            else:
                return
    finally:
        file.close()
