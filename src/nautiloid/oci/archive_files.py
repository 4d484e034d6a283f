"""The files of an image's archive by name, read where they lie.

An archive is walked as layers are (see ``layer_tar``): what ``docker load`` would take for its parts is what is read
here, so that nobody can show one image to a scanner and another one to an engine.
"""

from __future__ import annotations

import io
import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from nautiloid import bounds
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.layer_tar import LayerTar
from nautiloid.oci.tar_header import HARD_LINK, SYMLINK

_BUFFER = 1 << 18


@dataclass(frozen=True, slots=True)
class _Place:
    start: int
    size: int


class ArchiveFiles:
    """Where the files of a tar lie in it.

    Args:
        file: The tar, uncompressed; it can be read at any place.

    Raises:
        HeaderError: Not all of it can be read.
        ImageFormatError: It holds more files than any image has parts, or a sparse one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[str, _Place] = {}
        self._links: dict[str, str] = {}
        tar = LayerTar(file, seekable=True)
        for header in tar:
            name = str(PurePosixPath(header.name.lstrip("/")))
            self._places.pop(name, None)
            self._links.pop(name, None)
            if header.kind == SYMLINK:
                self._links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), header.link))
            elif header.kind == HARD_LINK:
                self._links[name] = posixpath.normpath(header.link)
            elif header.is_file:
                if tar.is_sparse:
                    raise ImageFormatError(f"The archive's file {header.name[:200]!a} is a sparse one.")
                self._places[name] = _Place(tar.at, header.size)
            if len(self._places) + len(self._links) > bounds.ARCHIVE_MEMBERS:
                raise ImageFormatError(f"The archive holds more than {bounds.ARCHIVE_MEMBERS:,} files.")

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self._find(name) is not None

    def open(self, name: str) -> BinaryIO | None:
        """Open a file, links followed; None where there is none."""
        place = self._find(name)
        if place is None:
            return None
        return io.BufferedReader(cast(io.RawIOBase, _Window(self._file, place.start, place.size)), _BUFFER)

    def _find(self, name: str) -> _Place | None:
        for _ in range(bounds.LINKS_FOLLOWED):
            if name not in self._links:
                return self._places.get(name)
            name = self._links[name]
        return None


class _Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self._file.seek(self._start + self._at)
        chunk = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)
