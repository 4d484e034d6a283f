"""Compressed streams: told by their first bytes, unpacked within bounds.

Sources: RFC 1952 (gzip), RFC 1950 (zlib), RFC 8878 (zstd), the xz and bzip2 formats, and joblib's ``compressor.py``.
"""

from __future__ import annotations

import bz2
import lzma
import mmap
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import zstandard

from nautiloid.models.limits import Budget
from nautiloid.models.span import Span

_CHUNK = 1 << 16
_IN_MEMORY = 8 << 20
_DAMAGED = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)
_MAGICS = (
    (b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x5d\0\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x78\x01", "zlib"), (b"\x78\x5e", "zlib"),
    (b"\x78\x9c", "zlib"), (b"\x78\xda", "zlib"),
)  # fmt: skip
UNREAD = ((b"\x04\x22\x4d\x18", "lz4"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"))
"""What only other libraries unpack."""


class _Unpacker(Protocol):
    """Unpacks a stream piece by piece."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what the next bytes become."""
        ...


def packing_of(head: bytes) -> str:
    """Return how a file is compressed; empty for not at all."""
    return next((name for magic, name in _MAGICS if head.startswith(magic)), "")


def unpacker(packing: str) -> _Unpacker:
    """Return what unpacks a stream; ``deflate`` is what zip archives hold."""
    if packing == "bzip2":
        return bz2.BZ2Decompressor()
    if packing in ("xz", "lzma"):
        return lzma.LZMADecompressor(memlimit=256 << 20)
    if packing == "zstd":
        return zstandard.ZstdDecompressor(max_window_size=256 << 20).decompressobj()
    return zlib.decompressobj({"gzip": 31, "zlib": 15}.get(packing, -15))


def beginning(packing: str, head: bytes, most: int) -> bytes:
    """Return the first bytes of what a stream becomes, as far as its own first bytes tell.

    Raises:
        ValueError: It is damaged.
    """
    try:
        if packing in ("gzip", "zlib", "deflate"):
            return zlib.decompressobj({"gzip": 31, "zlib": 15}.get(packing, -15)).decompress(head, most)
        return unpacker(packing).decompress(head)[:most]
    except _DAMAGED as error:
        raise ValueError(f"damaged {packing} data: {error}") from error


@contextmanager
def unpacked(packing: str, packed: Span, budget: Budget) -> Iterator[tuple[Span, str]]:
    """Lend what a stream becomes, in memory or in an unnamed file, and why it breaks off, if it does.

    Raises:
        TooMuchError: It becomes too much.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
        fault = ""
        try:
            for piece in _pieces(packing, packed, budget):
                kept.write(piece)
        except _DAMAGED as error:
            fault = f"damaged {packing} data: {error}"
        if not kept.tell():
            yield Span(b""), fault
        elif kept.tell() <= _IN_MEMORY:
            kept.seek(0)
            yield Span(kept.read()), fault
        else:
            kept.flush()
            with mmap.mmap(kept.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield Span(mapped), fault


def _pieces(packing: str, packed: Span, budget: Budget) -> Iterator[bytes]:
    """Unpack stream by stream: several may stand one behind the other, as gzip allows."""
    machine = unpacker(packing)
    at = 0
    fresh = True
    while at < len(packed):
        budget.look_at_clock()
        chunk = packed.read(at, _CHUNK)
        at += len(chunk)
        while chunk:
            piece = machine.decompress(chunk)
            budget.unpack(len(piece))
            fresh = False
            yield piece
            chunk = getattr(machine, "unused_data", b"") if getattr(machine, "eof", False) else b""
            if getattr(machine, "eof", False):
                chunk = chunk.lstrip(b"\0")
                if packing in ("zlib", "deflate") or not chunk:
                    at = len(packed) if packing in ("zlib", "deflate") else at
                    chunk = b""
                machine, fresh = unpacker(packing), True
    if not fresh and not getattr(machine, "eof", True):
        raise EOFError("it ends too early")
