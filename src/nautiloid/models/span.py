"""A part of a buffer that is read in place: a member of an archive, a pickle behind a header."""

from __future__ import annotations

import io

from nautiloid.buffer import Buffer


class Span:
    """The bytes of ``buffer`` from ``start`` to ``end``, which are counted from 0.

    Slices copy; they end where the span ends.
    """

    __slots__ = ("buffer", "end", "start")

    def __init__(self, buffer: Buffer, start: int = 0, end: int | None = None) -> None:
        size = len(buffer)
        self.buffer = buffer
        self.end = size if end is None else max(0, min(end, size))
        self.start = max(0, min(start, self.end))

    def __len__(self) -> int:
        return self.end - self.start

    def read(self, at: int, size: int) -> bytes:
        """Return up to ``size`` bytes."""
        first = self.start + max(0, at)
        return bytes(self.buffer[first : min(self.end, first + max(0, size))])

    def exactly(self, at: int, size: int) -> bytes:
        """Return so many bytes.

        Raises:
            ValueError: There are fewer.
        """
        found = self.read(at, size)
        if len(found) != size or at < 0:
            raise ValueError(f"it ends before byte {at + size}")
        return found

    def number(self, at: int, size: int) -> int:
        """Return an unsigned number, the lowest byte first.

        Raises:
            ValueError: It is not there.
        """
        return int.from_bytes(self.exactly(at, size), "little")

    def find(self, wanted: bytes, at: int = 0) -> int:
        """Return where some bytes are; -1 for nowhere."""
        found = self.buffer.find(wanted, self.start + at, self.end)
        return found - self.start if found >= 0 else -1

    def rfind(self, wanted: bytes) -> int:
        """Return where some bytes are last; -1 for nowhere."""
        found = self.buffer.rfind(wanted, self.start, self.end)
        return found - self.start if found >= 0 else -1

    def part(self, start: int, end: int | None = None) -> Span:
        """Return the span from ``start`` to ``end`` of this one."""
        return Span(self.buffer, self.start + start, self.end if end is None else min(self.end, self.start + end))

    @property
    def content(self) -> bytes:
        """All of it, copied."""
        return self.read(0, len(self))


class SpanStream(io.RawIOBase):
    """A span as a seekable stream, for libraries that want one."""

    def __init__(self, span: Span) -> None:
        self._span, self._at = span, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place."""
        self._at = max(0, (0, self._at, len(self._span))[whence] + offset)
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read on."""
        chunk = self._span.read(self._at, len(buffer))
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
