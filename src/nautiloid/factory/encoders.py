"""How layers are compressed: encoders whose output is a function of their input alone.

A layer's digest is that of its compressed bytes, so the libraries are pinned (pyproject.toml) and their versions are
part of each encoder's identity, as are level and header.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import zstandard
from zlib_ng import zlib_ng

from nautiloid.oci.model import LAYER_GZIP, LAYER_ZSTD

Compression = Literal["gzip", "zstd"]

_GZIP_LEVEL = 6
_ZSTD_LEVEL = 9
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: no name, no time, operating system unknown


@dataclass(frozen=True)
class Encoder:
    """A way to compress a layer.

    Attributes:
        identity: Everything that its output depends on but the input.
        media_type: Of a layer that it made.
        compress: Turns blocks into compressed blocks.
    """

    identity: str
    media_type: str
    compress: Callable[[Iterable[bytes]], Iterator[bytes]]


def encoder_for(compression: Compression) -> Encoder:
    """Return the encoder for what a definition asks for."""
    return _ENCODERS[compression]


def _gzip(blocks: Iterable[bytes]) -> Iterator[bytes]:
    deflate = zlib_ng.compressobj(_GZIP_LEVEL, zlib_ng.DEFLATED, -zlib.MAX_WBITS)
    checksum, length = 0, 0
    yield _GZIP_HEADER
    for block in blocks:
        checksum = zlib_ng.crc32(block, checksum)
        length += len(block)
        if packed := deflate.compress(block):
            yield packed
    yield deflate.flush()
    yield struct.pack("<II", checksum, length & 0xFFFF_FFFF)


def _zstd(blocks: Iterable[bytes]) -> Iterator[bytes]:
    # One thread: with more, zstd cuts the input into jobs and the output depends on their number.
    frame = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True, threads=0).compressobj()
    for block in blocks:
        if packed := frame.compress(block):
            yield packed
    yield frame.flush()


_ENCODERS = {
    "gzip": Encoder(f"gzip zlib-ng {zlib_ng.ZLIBNG_VERSION} level {_GZIP_LEVEL}", LAYER_GZIP, _gzip),
    "zstd": Encoder(
        f"zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))} level {_ZSTD_LEVEL}", LAYER_ZSTD, _zstd
    ),
}  # fmt: skip
