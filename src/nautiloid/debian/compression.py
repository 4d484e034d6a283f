"""Decompressing the tars of a ``.deb`` as a stream, with a bound on memory and on what comes out."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import zstandard

from nautiloid.errors import IntegrityError, NautiloidError

_OUTPUT_CHUNK = 1 << 20
_XZ_MEMORY = 256 << 20  # bytes; xz -9 needs 65 MiB
_ZSTD_WINDOW = 128 << 20  # bytes; Ubuntu's packages (zstd -19) need 8 MiB
_ZSTD_SLICE = 256  # bytes


class _Decompressor(Protocol):
    """One compressed stream being read, at most so much output at a time."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Xz:
    def __init__(self) -> None:
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._stream.decompress(data, _OUTPUT_CHUNK)
        while not self._stream.eof and not self._stream.needs_input:
            yield self._stream.decompress(b"", _OUTPUT_CHUNK)


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._stream.decompress(data, _OUTPUT_CHUNK)
        while not self._stream.eof and self._stream.unconsumed_tail:
            yield self._stream.decompress(self._stream.unconsumed_tail, _OUTPUT_CHUNK)


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._unused

    _unused = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        # The library bounds no output, so the input is cut small: four bytes of zstd can stand for 128 KiB.
        for start in range(0, len(data), _ZSTD_SLICE):
            yield self._stream.decompress(data[start : start + _ZSTD_SLICE])
            if self._stream.eof:
                self._unused = self._stream.unused_data + data[start + _ZSTD_SLICE :]
                return


_SUPPORTED: dict[str, Callable[[], _Decompressor]] = {"xz": _Xz, "gz": _Gzip, "zst": _Zstd}


def decompressed(chunks: Iterator[bytes], name: str, *, limit: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of ``control.tar.xz``, ``data.tar.gz``, ``data.tar`` and their like.

    Args:
        chunks: The compressed bytes.
        name: The member's name; its ending says how it is compressed.
        limit: The most bytes that may come out.

    Raises:
        IntegrityError: The stream is damaged, truncated, or longer than ``limit``.
        NautiloidError: The compression is not supported.
    """
    suffix = name.partition(".tar")[2].removeprefix(".")
    if suffix and suffix not in _SUPPORTED:
        raise NautiloidError(
            f"{name} is compressed in a way that is not supported",
            "Debian's own packages use xz or gzip, Ubuntu's zstd.",
        )
    done = 0
    try:
        for chunk in _streams(chunks, _SUPPORTED[suffix]) if suffix else chunks:
            done += len(chunk)
            if done > limit:
                raise IntegrityError(f"{name} unpacks to more than {limit} bytes")
            yield chunk
    except (lzma.LZMAError, zlib.error, zstandard.ZstdError, EOFError, MemoryError) as error:
        raise IntegrityError(f"{name} cannot be decompressed: {error}") from error


def _streams(chunks: Iterator[bytes], start: Callable[[], _Decompressor]) -> Iterator[bytes]:
    """Decompress one stream after another; all formats allow several, and padding of zeros between them."""
    stream: _Decompressor | None = start()
    for chunk in chunks:
        data = chunk
        while data:
            if stream is None:
                data = data.lstrip(b"\0")
                if not data:
                    break
                stream = start()
            yield from stream.feed(data)
            data = stream.unused_data
            if stream.eof:
                stream = None
    if stream is not None:
        raise EOFError("it ends too early")
