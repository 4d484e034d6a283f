"""Undo a compression, which a file's first bytes tell more reliably than its name or media type."""

from __future__ import annotations

from typing import BinaryIO, cast

import zstandard
from zlib_ng import gzip_ng, zlib_ng

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

DAMAGED = (EOFError, OSError, zstandard.ZstdError, cast(type[Exception], zlib_ng.error))
"""What reading a damaged stream raises."""


def decompressed(stored: BinaryIO) -> BinaryIO:
    """Return the plain content of a gzip or zstd stream that stands at its beginning; anything else as it is."""
    start = stored.read(4)
    stored.seek(0)
    if start[:2] == _GZIP:
        return cast(BinaryIO, gzip_ng.GzipNGFile(fileobj=stored, mode="rb"))  # type: ignore[no-untyped-call]
    if start == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)
        return cast(BinaryIO, reader)
    return stored
