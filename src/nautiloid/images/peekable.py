"""A stream of pieces as a file: it can be rewound while little was read, and its digest is checked at its end."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from nautiloid.errors import IntegrityError

_HEAD = 1 << 16


class PeekableBlob(io.RawIOBase):
    """A blob that arrives in pieces.

    Args:
        pieces: Its bytes.
        digest: What its content must have; compared when the last byte was read.
    """

    def __init__(self, pieces: Iterator[bytes], digest: str) -> None:
        self._pieces, self._digest = pieces, digest
        self._hasher = hashlib.sha256()
        self._rest = b""
        self._head = bytearray()
        self._at = 0
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return how far it was read."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go back to the beginning, which is all that telling a compression needs.

        Raises:
            OSError: Another place, or too much was read already.
        """
        if offset or whence or self._at > len(self._head):
            raise OSError("a stream from a registry cannot be rewound so far")
        self._rest = bytes(self._head[: self._at]) + self._rest
        self._at = 0
        return 0

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read on; the last read compares the digest."""
        if not self._rest:
            self._rest = self._next()
        count = min(len(buffer), len(self._rest))
        chunk = self._rest[:count]
        buffer[:count] = chunk
        self._rest = self._rest[count:]
        if self._at == len(self._head) < _HEAD:
            self._head += chunk[: _HEAD - len(self._head)]
        self._at += count
        return count

    def _next(self) -> bytes:
        for piece in self._pieces:
            if piece:
                self._hasher.update(piece)
                return piece
        if not self._ended and f"sha256:{self._hasher.hexdigest()}" != self._digest:
            raise IntegrityError(f"Content of another digest came in place of {self._digest}.", "Try again.")
        self._ended = True
        return b""
