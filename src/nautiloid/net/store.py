"""The content-addressed download cache: a file is found by the sha256 of its bytes, and by nothing else.

A file enters only after its hash was computed from the very bytes that were written, and enters by rename,
so a reader never meets half a file and two processes that put the same content at once cannot disturb each
other.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.streams import blocks_of

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHA256_OF_NOTHING = hashlib.sha256().hexdigest()
_LEFTOVER_AGE = 24 * 3600  # seconds; no download that is still alive leaves its file untouched for a day


@dataclass(frozen=True)
class Stored:
    """One file in the store.

    Attributes:
        path: Where it lies; read-only, never changed in place.
        sha256: Its content's hash, lower-case hexadecimal.
        size: Bytes.
    """

    path: Path
    sha256: str
    size: int


class Store:
    """A directory of verified files; safe to share between threads and processes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._swept = False

    @property
    def surroundings(self) -> Path:
        """The directory that the store lies in: Nautiloid's cache, where what was read out of its files is kept."""
        return self.root.parent

    def path_of(self, sha256: str) -> Path:
        """Return where content of this hash lies or would lie.

        Raises:
            NautiloidError: ``sha256`` is not 64 lower-case hexadecimal digits.
        """
        if not _SHA256.fullmatch(sha256):
            raise NautiloidError(f"{sha256!r} is not a sha256", "Write 64 lower-case hexadecimal digits.")
        return self.root / "sha256" / sha256[:2] / sha256

    def get(self, sha256: str, *, size: int | None = None, verify: bool = False) -> Path | None:
        """Return the file of this content, or None when the store does not hold it intact.

        Args:
            sha256: The content's hash.
            size: Bytes that the caller expects; a file of another size is treated as absent.
            verify: Hash the file again, and drop it when it has rotted.
        """
        path = self.path_of(sha256)
        try:
            found = path.stat().st_size
        except OSError:
            return None
        # A power cut right after a rename can leave an empty file: the one rot that costs nothing to notice.
        if (size is not None and found != size) or (found == 0 and sha256 != _SHA256_OF_NOTHING):
            return None
        if verify and sha256_of(path) != sha256:
            path.unlink(missing_ok=True)
            return None
        return path

    def put(self, chunks: Iterable[bytes], *, sha256: str | None = None, size: int | None = None) -> Stored:
        """Write a stream into the store and hash it on the way.

        Args:
            chunks: The content, in pieces of any length.
            sha256: The promised hash; None accepts any content.
            size: The promised length in bytes; reading stops as soon as there is more.

        Raises:
            IntegrityError: The content is not what was promised; nothing is kept.
            NautiloidError: The store cannot be written (disk full, permissions); nothing is kept.
        """
        if sha256 is not None:
            self.path_of(sha256)
        with self._temporary() as (temporary, file):
            digest, length = _write(chunks, file, limit=size)
            actual = digest.hexdigest()
            _compare(actual, length, sha256=sha256, size=size)
            return self._keep(temporary, actual, length)

    def adopt(self, path: Path, sha256: str) -> Stored:
        """Move an existing file into the store after checking its hash.

        The original is gone afterwards; when the hash differs it stays where it is.

        Raises:
            IntegrityError: The file has another hash.
            NautiloidError: The file cannot be read or the store cannot be written.
        """
        try:
            with path.open("rb") as source:
                stored = self.put(blocks_of(source), sha256=sha256)
            path.unlink()
        except OSError as error:
            raise NautiloidError(f"Cannot take {path} into the cache: {error.strerror}") from error
        return stored

    def _keep(self, temporary: Path, sha256: str, size: int) -> Stored:
        final = self.path_of(sha256)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o444)
        temporary.replace(final)
        return Stored(final, sha256, size)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Open a file in the store's own file system that is gone at the end unless it was renamed."""
        path: Path | None = None
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            self._sweep()
            handle, name = tempfile.mkstemp(dir=self._incoming)
            path = Path(name)
            with os.fdopen(handle, "wb") as file:
                yield path, file
        except OSError as error:
            raise _unwritable(self.root, error) from error
        finally:
            if path is not None:
                path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what killed processes left behind, once in this object's life."""
        if self._swept:
            return
        self._swept = True
        oldest = time.time() - _LEFTOVER_AGE
        for leftover in self._incoming.iterdir():
            try:
                if leftover.stat().st_mtime < oldest:
                    leftover.unlink()
            except OSError:
                continue  # another process swept it first


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(chunks: Iterable[bytes], file: BinaryIO, *, limit: int | None) -> tuple[hashlib._Hash, int]:
    digest, length = hashlib.sha256(), 0
    for chunk in chunks:
        length += len(chunk)
        if limit is not None and length > limit:
            raise IntegrityError(f"More than the promised {limit} bytes arrived")
        digest.update(chunk)
        file.write(chunk)
    file.flush()
    return digest, length


def _compare(actual: str, length: int, *, sha256: str | None, size: int | None) -> None:
    if size is not None and length != size:
        raise IntegrityError(f"{length} bytes arrived instead of {size}")
    if sha256 is not None and actual != sha256:
        raise IntegrityError(f"The content's sha256 is {actual} instead of {sha256}")


def _unwritable(root: Path, error: OSError) -> NautiloidError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NautiloidError(
            f"No space is left for the cache in {root}",
            "Free some space, or point NAUTILOID_CACHE at a roomier disk.",
        )
    return NautiloidError(
        f"Cannot write to the cache in {root}: {error.strerror or error}",
        "Point NAUTILOID_CACHE at a directory that you may write to.",
    )
