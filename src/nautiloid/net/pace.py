"""How slowly a server may speak, whatever it is saying: headers, a body, or what comes before either.

A timeout limits the silence between two bytes, so that a server which sends one byte at a time holds its client for
ever. Here the bytes of each answer are counted where they leave the socket (httpcore's "network backend"), so that no
part of HTTP is left out: not a header without an end, nor interim answers (1xx) without an end, nor a chunk's size.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from nautiloid import bounds
from nautiloid.net.errors import LimitError, SlowError

_SLOWEST = 1000  # bytes a second
_PIECE = 1 << 18  # bytes


class Pace(httpcore.NetworkBackend):
    """Opens connections that are watched.

    Args:
        patience: Seconds of waiting, from an answer's first byte on, after which 1 kB must have come for each of them.
            How long a server thinks before that byte is for the timeout to say.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._inner = httpcore.SyncBackend()
        self._waiting = threading.local()

    def watch(self, client: httpx.Client) -> None:
        """Let a client's connections be opened here, also those through proxies."""
        # httpx has no parameter for what its transports hand to httpcore; a test notices when this place moves.
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                transport._pool._network_backend = self

    @contextmanager
    def before_body(self) -> Iterator[None]:
        """Limit how many bytes come in this thread within the block, in which nothing but headers is waited for."""
        self._waiting.left = bounds.ANSWER_HEADERS
        try:
            yield
        finally:
            self._waiting.left = None

    def count(self, size: int) -> None:
        """Take note of bytes that came.

        Raises:
            LimitError: Too many came before a body.
        """
        left = getattr(self._waiting, "left", None)
        if left is not None:
            self._waiting.left = left - size
            if left < size:
                raise LimitError(f"sent more than {bounds.ANSWER_HEADERS} bytes before its answer")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a watched connection."""
        return _Watched(self._inner.connect_tcp(host, port, timeout, local_address, socket_options), self)


class _Watched(httpcore.NetworkStream):
    """One connection; what is written to it begins a new exchange."""

    def __init__(self, inner: httpcore.NetworkStream, pace: Pace) -> None:
        self._inner, self._pace = inner, pace
        self._waited, self._moved, self._begun = 0.0, 0, False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        began = time.monotonic()
        data = self._inner.read(max_bytes, timeout)
        if self._begun:
            self._waited += time.monotonic() - began
        self._begun = True
        self._moved += len(data)
        self._pace.count(len(data))
        self._check("sent")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._begun:
            self._waited, self._moved, self._begun = 0.0, 0, False
        for start in range(0, len(buffer), _PIECE):
            piece, began = buffer[start : start + _PIECE], time.monotonic()
            self._inner.write(piece, timeout)
            self._waited += time.monotonic() - began
            self._moved += len(piece)
            self._check("took")

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Watched(self._inner.start_tls(ssl_context, server_hostname, timeout), self._pace)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)

    def _check(self, did: str) -> None:
        if self._waited > self._pace.patience and self._moved < self._waited * _SLOWEST:
            raise SlowError(f"{did} {self._moved} bytes in {self._waited:.0f} s")
