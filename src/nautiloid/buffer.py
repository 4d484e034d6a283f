"""A file's content that can be read at random, in memory or mapped, and a stream over it that copies nothing."""

from __future__ import annotations

import io
import mmap
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

Buffer = bytes | bytearray | mmap.mmap
"""A file's content: searchable, sliceable, in memory or mapped."""


def stream_over(content: Buffer) -> io.BufferedReader:
    """Return a seekable stream over a buffer."""
    return io.BufferedReader(_Stream(content))


@contextmanager
def mapped(stream: BinaryIO, scratch: Path | None = None) -> Iterator[Buffer]:
    """Lend what is left of a stream as a buffer; it passes through an unnamed file and costs no memory.

    Args:
        stream: Read to its end.
        scratch: Where that file lies; None: where temporary files do.
    """
    with tempfile.TemporaryFile(dir=scratch) as file:
        shutil.copyfileobj(stream, file, 1 << 20)
        file.flush()
        with mapped_file(file) as content:
            yield content


@contextmanager
def mapped_file(file: BinaryIO) -> Iterator[Buffer]:
    """Lend a real file's content without reading it."""
    if not file.seek(0, io.SEEK_END):
        yield b""  # nothing cannot be mapped
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


class _Stream(io.RawIOBase):
    def __init__(self, content: Buffer) -> None:
        self._content, self._at = content, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, len(self._content))[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._content[self._at : self._at + len(buffer)]
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
