"""Undo a compression, which a file's first bytes tell more reliably than its name or media type."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

import zstandard
from zlib_ng import gzip_ng, zlib_ng

from nautiloid import bounds

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class GrowthError(ValueError):
    """A stream that inflates beyond all bounds."""


DAMAGED = (EOFError, OSError, GrowthError, zstandard.ZstdError, cast(type[Exception], zlib_ng.error))
"""What reading a damaged stream raises."""


def decompressed(stored: BinaryIO) -> BinaryIO:
    """Return the plain content of a gzip or zstd stream that stands at its beginning; anything else as it is.

    Reading it raises one of ``DAMAGED``: also ``GrowthError`` where a few bytes become more than any real layer has.
    """
    start = stored.read(4)
    stored.seek(0)
    if start[:2] == _GZIP:
        counted = _Counted(stored)
        return _bounded(gzip_ng.GzipNGFile(fileobj=counted, mode="rb"), counted)  # type: ignore[no-untyped-call]
    if start == _ZSTD:
        counted = _Counted(stored)
        decompressor = zstandard.ZstdDecompressor(max_window_size=bounds.ZSTD_WINDOW)
        return _bounded(decompressor.stream_reader(cast(BinaryIO, counted), read_across_frames=True), counted)
    return stored


class _Counted(io.RawIOBase):
    """A stream that knows how much of it was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self.taken += len(chunk)
        return len(chunk)


class _Bounded(io.RawIOBase):
    """What comes out of a decompressor, while it is in proportion to what went in."""

    def __init__(self, content: BinaryIO, stored: _Counted) -> None:
        self._content, self._stored = content, stored
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self._given += len(chunk)
        if self._given > max(bounds.LAYER_ALWAYS, bounds.LAYER_GROWTH * self._stored.taken):
            raise GrowthError(f"{self._stored.taken:,} bytes inflate to more than {self._given >> 30} GiB")
        return chunk

    def close(self) -> None:
        if not self.closed:
            self._content.close()
        super().close()


def _bounded(content: object, stored: _Counted) -> BinaryIO:
    return cast(BinaryIO, _Bounded(cast(BinaryIO, content), stored))
