"""The bytes of a file in an image, wherever they lie until a layer is written.

Nothing is read before it is needed, and nothing is held in memory but what Nautiloid writes itself. Each content has
an *identity*, a name for its bytes that is known without reading them; caches are keyed by it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from nautiloid.errors import IntegrityError

_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Content(Protocol):
    """Bytes that can be opened, more than once, from any thread."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    @property
    def identity(self) -> str:
        """A name for exactly these bytes, known without reading them."""
        ...

    def open(self) -> BinaryIO:
        """Open the bytes for reading from the start."""
        ...


@dataclass(frozen=True)
class Literal:
    """Bytes that Nautiloid wrote itself."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    @property
    def identity(self) -> str:
        """The hash of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def open(self) -> BinaryIO:
        """Open the bytes for reading."""
        return io.BytesIO(self.data)


@dataclass(frozen=True)
class FileSlice:
    """``size`` bytes of a file, from ``offset`` on: a member of an uncompressed tar, or a whole file."""

    path: Path
    size: int
    identity: str
    offset: int = 0

    def open(self) -> BinaryIO:
        """Open the slice for reading; it must not be larger than memory allows a single file of an image to be."""
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            if self.offset == 0 and self.path.stat().st_size == self.size:
                return self.path.open("rb")
            return io.BytesIO(stream.read(self.size))


@dataclass(frozen=True)
class ZipMember:
    """A member of a wheel, inflated as it is read."""

    archive: zipfile.ZipFile = field(compare=False, repr=False)
    info: zipfile.ZipInfo = field(compare=False, repr=False)
    identity: str

    @property
    def size(self) -> int:
        """How many bytes the member has, inflated."""
        return self.info.file_size

    def open(self) -> BinaryIO:
        """Open the member for reading.

        Raises:
            IntegrityError: It is damaged, or packed in a way that wheels are not; also while it is read.
        """
        try:
            return io.BufferedReader(_Inflating(self), 1 << 16)
        except _ZIP_ERRORS as error:
            raise IntegrityError(f"{self.info.filename} cannot be read from its wheel: {error}") from error


class _Inflating(io.RawIOBase):
    """A zip member whose errors are ours: a wheel may break off in the middle of a file."""

    def __init__(self, member: ZipMember) -> None:
        self._name = member.info.filename
        self._stream = member.archive.open(member.info)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            block = self._stream.read(len(buffer))
            buffer[: len(block)] = block
            return len(block)
        except _ZIP_ERRORS as error:
            raise IntegrityError(f"{self._name} cannot be read from its wheel: {error}") from error

    def close(self) -> None:
        self._stream.close()
        super().close()
