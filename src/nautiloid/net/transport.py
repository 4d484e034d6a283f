"""The bytes behind one URL, whatever the network does: retries, back-off, and resuming where a connection broke."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx

from nautiloid import __version__
from nautiloid.net.tls import certificate_authorities

_TRIES = 3
_CHUNK = 1 << 18
_SLOWEST = 1000  # bytes a second
_WORTH_ANOTHER_TRY = 1 << 20  # bytes; an attempt that got this far does not count against the mirror
_TRANSIENT = frozenset({408, 425, 429})


class MirrorError(Exception):
    """One mirror failed; the next may do. Never leaves the factory: ``FetchError`` gathers them."""


class _TransientError(MirrorError):
    """One attempt failed; the same mirror may do in a moment."""


class Transport:
    """One pool of connections, made when first needed; safe to share between threads.

    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), certificate authorities from
    ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else from the system and certifi.

    Args:
        backoff: Seconds before the second try; each further try waits twice as long.
        patience: Seconds after which a mirror must have sent 1 kB for each of them: one that trickles is no better
            than one that is silent.
    """

    def __init__(self, *, backoff: float, patience: float) -> None:
        self._backoff = backoff
        self._patience = patience
        self._client: httpx.Client | None = None
        self._client_lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._client_lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def chunks(self, url: str, *, limit: int | None) -> Iterator[bytes]:
        """Yield a file's bytes, taking up again where the connection broke.

        Args:
            url: An ``http``, ``https`` or ``file`` URL.
            limit: The most bytes that may come; None for any number.

        Raises:
            MirrorError: The file cannot be had from there, or is longer than ``limit``.
        """
        if url.startswith("file:"):
            yield from _read_local(url, limit)
            return
        done, tries = 0, 0
        while True:
            before = done
            try:
                for chunk in self._attempt(url, start=done):
                    done += len(chunk)
                    if limit is not None and done > limit:
                        raise MirrorError(f"sent more than {limit} bytes")
                    yield chunk
            except _TransientError:
                tries = 1 if done - before >= _WORTH_ANOTHER_TRY else tries + 1
                if tries >= _TRIES:
                    raise
                time.sleep(self._backoff * 2 ** (tries - 1))
            else:
                return

    def _attempt(self, url: str, *, start: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to the end in one request."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._connection().stream("GET", url, headers=headers) as response:
                skip = _bytes_to_skip(response, start)
                began, received = time.monotonic(), 0
                for chunk in response.iter_raw():
                    received += len(chunk)
                    seconds = time.monotonic() - began
                    if seconds > self._patience and received < seconds * _SLOWEST:
                        raise MirrorError(f"sent {received} bytes in {seconds:.0f} s")
                    yield chunk[skip:]
                    skip = max(0, skip - len(chunk))
        except httpx.TransportError as error:
            raise _TransientError(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise MirrorError(str(error)) from error

    def _connection(self) -> httpx.Client:
        with self._client_lock:
            if self._client is None:
                self._client = httpx.Client(
                    follow_redirects=True,
                    timeout=httpx.Timeout(30, connect=15),
                    verify=certificate_authorities(),
                    # Hashes are of the files as they lie on the mirror, so nothing may recompress them on the way.
                    headers={"User-Agent": f"nautiloid/{__version__}", "Accept-Encoding": "identity"},
                )
            return self._client


def _bytes_to_skip(response: httpx.Response, start: int) -> int:
    """Check the status, and say how much of the body repeats what we already have."""
    status = response.status_code
    if status >= 500 or status in _TRANSIENT:
        raise _TransientError(f"{status} {response.reason_phrase}")
    if status == 206 and start:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise MirrorError("resumed at another place than asked")
        return 0
    if status != 200:
        raise MirrorError(f"{status} {response.reason_phrase}")
    return start


def _read_local(url: str, limit: int | None) -> Iterator[bytes]:
    path = Path(url2pathname(urlsplit(url).path))
    done = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if limit is not None and done > limit:
                    raise MirrorError(f"holds more than {limit} bytes")
                yield chunk
    except OSError as error:
        raise MirrorError(error.strerror or str(error)) from error
