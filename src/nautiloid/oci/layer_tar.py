"""Layers as engines read them: whatever Docker would unpack is seen, or the layer is said to be unreadable.

Docker, containerd and BuildKit read layers with Go's ``archive/tar`` (``Reader.next`` of Go 1.22). This is the same
walk: what belongs to an entry, where the next one begins, and where the end is. Where Go gives up, or anything but
zeros follows the end, it is an error; so is a layer that would take more memory or time than any real one
(``nautiloid.bounds``).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO, cast

from nautiloid import bounds
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.sparse_map import Part, read_sparse_map
from nautiloid.oci.tar_header import (
    BLOCK,
    GLOBAL_RECORDS,
    GNU_LONG_LINK,
    GNU_LONG_NAME,
    HEADER_ONLY,
    RECORDS,
    Header,
    HeaderError,
    as_file_or_directory,
    parse_records,
    read_header,
    text,
    with_records,
)
from nautiloid.streams import rest_is_zeros

_CHUNK = 1 << 20
_ZEROS = bytes(BLOCK)
_EXTENSIONS = (RECORDS, GLOBAL_RECORDS, GNU_LONG_NAME, GNU_LONG_LINK)


@contextmanager
def open_layer_tar(content: BinaryIO) -> Iterator[LayerTar]:
    """Open an uncompressed layer for reading once, entry by entry, and read it to its end.

    Raises:
        ImageFormatError: It is not a tar, or not all of it could be read.
    """
    layer = LayerTar(content)
    try:
        yield layer
        for _ in layer:  # whoever stopped early: the rest of the entries is not the end
            pass
    except HeaderError as error:
        raise ImageFormatError(
            f"Not all of a layer can be read: at byte {layer.at}: {error}.",
            "An engine may unpack what is not seen here: do not trust it.",
        ) from error


class LayerTar:
    """The entries of a layer in their order; the content of each can be read until the next is asked for.

    Args:
        stream: The uncompressed tar.
        seekable: Whether content that nobody reads may be jumped over.

    Attributes:
        at: Where the stream stands: how many bytes of it were read or jumped over.
    """

    def __init__(self, stream: BinaryIO, *, seekable: bool = False) -> None:
        self._stream = stream
        self._seekable = seekable
        self.at = 0
        self._stored = 0  # bytes of the current entry's content that were not read yet
        self._padding = 0
        self._parts: tuple[Part, ...] | None = None
        self._size = self._entries = self._holes = 0
        self._ended = False

    def __iter__(self) -> Iterator[Header]:
        """Yield one header after the other.

        Raises:
            HeaderError: Something cannot be read, or follows the end.
        """
        while (header := self._next()) is not None:
            self._entries += 1
            if self._entries > bounds.LAYER_ENTRIES:
                raise HeaderError(f"more than {bounds.LAYER_ENTRIES:,} entries")
            yield header

    @property
    def is_sparse(self) -> bool:
        """Whether the current entry is a file with holes."""
        return self._parts is not None

    def content(self) -> BinaryIO:
        """Return the content of the entry that was yielded last."""
        parts = self._parts if self._parts is not None else (Part(0, self._stored),)
        return cast(BinaryIO, _Content(self, parts, self._size))

    def read_stored(self, size: int) -> bytes:
        """Read on in what is stored of the current entry.

        Raises:
            HeaderError: The layer ends before.
        """
        chunk = self._read(min(size, self._stored))
        self._stored -= len(chunk)
        return chunk

    def _next(self) -> Header | None:
        """Return the next entry, and what the headers before it say of it; None at the end."""
        records: dict[str, str] = {}
        long_name = long_link = ""
        headers_end = None
        while not self._ended:
            self._skip()
            headers_end = headers_end or self.at + bounds.LAYER_HEADER
            if self.at > headers_end:
                raise HeaderError(f"the headers of one entry have more than {bounds.LAYER_HEADER >> 20} MiB")
            block = self._header_block()
            if block is None:
                break
            header = read_header(block)
            self._expect(header)
            if header.kind in _EXTENSIONS:
                extension = self._extension(header)
                if header.kind == RECORDS:
                    records = parse_records(extension)
                elif header.kind == GLOBAL_RECORDS:
                    parse_records(extension)  # engines apply them to nothing, but refuse what is not well-formed
                elif header.kind == GNU_LONG_NAME:
                    long_name = text(extension)
                else:
                    long_link = text(extension)
                continue
            header = with_records(header, records)
            if long_name or long_link:
                header = replace(header, name=long_name or header.name, link=long_link or header.link)
            header = as_file_or_directory(header)
            self._expect(header)
            return self._sparse(header, block)
        return None

    def _expect(self, header: Header) -> None:
        """Note how much content follows."""
        size = 0 if header.kind in HEADER_ONLY else header.size
        if size < 0:
            raise HeaderError("a size below zero")
        self._stored = self._size = size
        self._padding = -size % BLOCK
        self._parts = None

    def _sparse(self, header: Header, block: bytes) -> Header:
        found = read_sparse_map(header, block, lambda: self._map_block(header))
        if found is None:
            return header
        header, self._parts = found
        self._size = header.size
        if sum(part.length for part in self._parts) != self._stored:
            raise HeaderError("a sparse file with other content than its map says")
        self._holes += self._size - self._stored
        if self._holes > bounds.LAYER_HOLES:
            raise HeaderError(f"{header.name!a} is a sparse file with {self._holes >> 30:,} GiB of nothing in it")
        return header

    def _map_block(self, header: Header) -> bytes:
        """Read a block of a sparse file's map: of the content, or in the old format between header and content."""
        if header.is_old_sparse:
            return self._read(BLOCK)
        if self._stored < BLOCK:
            raise HeaderError("a map of holes that does not end")
        return self.read_stored(BLOCK)

    def _extension(self, header: Header) -> bytes:
        if header.size > bounds.LAYER_EXTENSION:
            raise HeaderError(f"a header that goes on for {header.size:,} bytes")
        return self.read_stored(header.size)

    def _header_block(self) -> bytes | None:
        """Return the next header; None at the end, behind which nothing but zeros may follow."""
        block = self._stream.read(BLOCK)
        self.at += len(block)
        if block == _ZEROS:
            following = self._stream.read(BLOCK)
            if following.strip(b"\0"):
                raise HeaderError("a lone block of zeros, behind which something follows")
            self.at += len(following)
            self._check_rest()
            block = b""
        if not block:
            self._ended = True
            return None
        if len(block) < BLOCK:
            raise HeaderError("the layer ends within a header")
        return block

    def _check_rest(self) -> None:
        if not rest_is_zeros(self._stream):
            raise HeaderError("something follows the layer's end")

    def _skip(self) -> None:
        """Go to the next header; a layer may end in the zeros that fill the last block."""
        if self._seekable and self._stored > 1:
            self._stream.seek(self._stored - 1, os.SEEK_CUR)  # the last byte is read: it shows that it is there
            self.at += self._stored - 1
            self._stored = 1
        while self._stored:
            self.read_stored(_CHUNK)
        if self._padding:
            self.at += len(self._stream.read(self._padding))
            self._padding = 0

    def _read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self.at += len(content)
        if len(content) < size:
            raise HeaderError("the layer ends within an entry")
        return content


class _Content(io.RawIOBase):
    """The content of one entry, the zeros of a sparse file's holes included."""

    def __init__(self, layer: LayerTar, parts: tuple[Part, ...], size: int) -> None:
        self._layer = layer
        self._parts = iter(parts)
        self._size = size
        self._at = 0
        self._part = next(self._parts, Part(size, 0))

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read on: ``size`` bytes, or what is left.

        Raises:
            HeaderError: The layer ends before.
        """
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        first = self._piece(wanted)
        if len(first) == wanted:
            return first
        pieces = [first]
        while (wanted := wanted - len(pieces[-1])) > 0:
            pieces.append(self._piece(wanted))
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        while self._at >= self._part.end and self._part.start < self._size:
            self._part = next(self._parts, Part(self._size, 0))
        if self._at < self._part.start:
            chunk = bytes(min(size, self._part.start - self._at))
        else:
            chunk = self._layer.read_stored(min(size, self._part.end - self._at))
        self._at += len(chunk)
        return chunk
