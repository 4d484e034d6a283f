"""Decompress in one thread what another one reads: both cores work on one layer, at most a few megabytes apart."""

from __future__ import annotations

import io
import queue
import threading
from typing import BinaryIO

_CHUNK = 1 << 20
_AHEAD = 8  # chunks
_PATIENCE = 0.2  # seconds between looks at whether anybody still reads


class ReadAhead(io.RawIOBase):
    """A stream that another thread fills; what goes wrong there is raised here.

    Args:
        source: Closed together with this stream.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(_AHEAD)
        self._rest = memoryview(b"")
        self._ended = False
        self._unwanted = threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True, name="read-ahead")
        self._thread.start()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Give what the other thread has read."""
        if not self._rest and not self._ended:
            chunk = self._chunks.get()
            if isinstance(chunk, BaseException):
                self._ended = True
                raise chunk
            self._ended = not chunk
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Stop the other thread and close the source."""
        if not self.closed:
            self._unwanted.set()
            self._thread.join()
            self._source.close()
        super().close()

    def _fill(self) -> None:
        try:
            while not self._unwanted.is_set():
                chunk = self._source.read(_CHUNK)
                self._hand_over(chunk)
                if not chunk:
                    return
        except BaseException as error:
            self._hand_over(error)

    def _hand_over(self, item: bytes | BaseException) -> None:
        while not self._unwanted.is_set():
            try:
                self._chunks.put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return
