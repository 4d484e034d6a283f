"""Fetching files by hash from whichever mirror has them; no mirror is trusted.

A mirror is a base URL (``http``, ``https`` or ``file``), a file is a path below it. Whatever the network
does (drops, 5xx, wrong bytes, endless bytes), the outcome is a verified file in the store or one error that
says what each mirror did wrong.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import url2pathname

import httpx

from nautiloid import __version__
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory.store import Store
from nautiloid.progress import Progress, Task

_TRIES = 3
_CHUNK = 1 << 18
_WORTH_ANOTHER_TRY = 1 << 20  # bytes; an attempt that got this far does not count against the mirror
_THREADS = 4
_TRANSIENT = frozenset({408, 425, 429})
_CA_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class FetchError(NautiloidError):
    """No mirror delivered a file."""


@dataclass(frozen=True)
class Download:
    """One file to fetch.

    Attributes:
        path: Where it lies below each mirror, not percent-encoded.
        mirrors: Base URLs, in order of preference.
        sha256: The promised hash.
        size: The promised bytes, or None when nobody promised.
        title: What to call it in progress and errors.
    """

    path: str
    mirrors: tuple[str, ...]
    sha256: str
    size: int | None
    title: str


class _MirrorError(Exception):
    """One mirror failed; the next may do."""


class _TransientError(_MirrorError):
    """One attempt failed; the same mirror may do in a moment."""


class Fetcher:
    """Fetches files into a store; a context manager that holds one pool of connections.

    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), certificate authorities from
    ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else from the system and certifi.

    Args:
        store: Where files are looked up first and put in the end.
        progress: The observer.
        offline: Never touch the network; ``file`` mirrors still serve.
        backoff: Seconds before the second try; each further try waits twice as long.
    """

    def __init__(self, store: Store, progress: Progress, *, offline: bool = False, backoff: float = 0.5) -> None:
        self.store = store
        self.progress = progress
        self.offline = offline
        self._backoff = backoff
        self._client: httpx.Client | None = None
        self._client_lock = threading.Lock()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def fetch(
        self, path: str, *, mirrors: Sequence[str], sha256: str, size: int | None = None, title: str = ""
    ) -> Path:
        """Return the file of this hash: from the cache, else from the first mirror that delivers it.

        Raises:
            FetchError: No mirror delivered it; the message says why for each.
            NautiloidError: The cache cannot be written.
        """
        download = Download(path, tuple(mirrors), sha256, size, title or path.rpartition("/")[2])
        cached = self.store.get(sha256, size=size)
        if cached is not None:
            return cached
        self._refuse_offline([download])
        with self.progress.task(f"Fetch {download.title}", total=size, unit="bytes") as task:
            return self._download(download, _Meter(task))

    def fetch_all(self, downloads: Sequence[Download], *, title: str = "Fetch files") -> dict[str, Path]:
        """Fetch many files, a few at a time, and count them as one task in bytes.

        Returns:
            The path of each file in the store, by sha256.

        Raises:
            FetchError: A file could not be fetched; what already arrived stays in the cache.
        """
        found = {d.sha256: self.store.get(d.sha256, size=d.size) for d in downloads}
        missing = list({d.sha256: d for d in downloads if found[d.sha256] is None}.values())
        self._refuse_offline(missing)
        paths = {sha256: path for sha256, path in found.items() if path is not None}
        if missing:
            paths |= self._download_all(missing, title)
        return paths

    def fetch_unpinned(self, path: str, mirrors: Sequence[str], max_bytes: int = 16 << 20) -> bytes:
        """Return a file that no hash promises, such as a signed ``InRelease``.

        Raises:
            FetchError: No mirror delivered it, or it is longer than ``max_bytes``.
        """
        reachable = self._reachable(mirrors)
        if not reachable:
            raise FetchError(f"{path} cannot be fetched offline", "Go online, or build from an existing lock.")
        failures = []
        for mirror in reachable:
            try:
                return b"".join(self._chunks(_url(mirror, path), limit=max_bytes))
            except _MirrorError as failure:
                failures.append(f"{_redacted(mirror)}: {failure}")
        raise _all_failed(path, failures)

    def _download_all(self, missing: Sequence[Download], title: str) -> dict[str, Path]:
        sizes = [d.size for d in missing]
        total = sum(size or 0 for size in sizes) if None not in sizes else None
        with (
            self.progress.task(title, total=total, unit="bytes") as task,
            ThreadPoolExecutor(_THREADS) as pool,
        ):
            lock = threading.Lock()
            futures = {d.sha256: pool.submit(self._download, d, _Meter(task, lock)) for d in missing}
            try:
                return {sha256: future.result() for sha256, future in futures.items()}
            except NautiloidError:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _download(self, download: Download, meter: _Meter) -> Path:
        failures = []
        for mirror in self._reachable(download.mirrors):
            chunks = self._chunks(_url(mirror, download.path), limit=download.size)
            try:
                stored = self.store.put(meter.measured(chunks), sha256=download.sha256, size=download.size)
            except (_MirrorError, IntegrityError) as failure:
                failures.append(f"{_redacted(mirror)}: {failure}")
            else:
                return stored.path
        raise _all_failed(f"{download.title} ({download.path})", failures)

    def _reachable(self, mirrors: Sequence[str]) -> list[str]:
        return [mirror for mirror in mirrors if not self.offline or mirror.startswith("file:")]

    def _refuse_offline(self, missing: Sequence[Download]) -> None:
        absent = [d.title for d in missing if not self._reachable(d.mirrors)]
        if self.offline and absent:
            raise FetchError(
                f"Not in the cache, and this is an offline run: {', '.join(absent)}",
                "Run once online with the same lock; everything it names is then kept in the cache.",
            )

    def _chunks(self, url: str, *, limit: int | None) -> Iterator[bytes]:
        """Yield a file's bytes, taking up again where the connection broke."""
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
                        raise _MirrorError(f"sent more than {limit} bytes")
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
                for chunk in response.iter_raw():
                    yield chunk[skip:]
                    skip = max(0, skip - len(chunk))
        except httpx.TransportError as error:
            raise _TransientError(str(error) or type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _MirrorError(str(error)) from error

    def _connection(self) -> httpx.Client:
        with self._client_lock:
            if self._client is None:
                self._client = httpx.Client(
                    follow_redirects=True,
                    timeout=httpx.Timeout(30, connect=15),
                    verify=_certificate_authorities(),
                    # Hashes are of the files as they lie on the mirror, so nothing may recompress them on the way.
                    headers={"User-Agent": f"nautiloid/{__version__}", "Accept-Encoding": "identity"},
                )
            return self._client


class _Meter:
    """Reports a file's bytes to a task once, however many mirrors have to be tried for them."""

    def __init__(self, task: Task, lock: threading.Lock | None = None) -> None:
        self._task = task
        self._lock = lock or threading.Lock()
        self._reported = 0

    def measured(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        done = 0
        for chunk in chunks:
            done += len(chunk)
            if done > self._reported:
                with self._lock:
                    self._task.advance(done - self._reported)
                self._reported = done
            yield chunk


def _bytes_to_skip(response: httpx.Response, start: int) -> int:
    """Check the status, and say how much of the body repeats what we already have."""
    status = response.status_code
    if status >= 500 or status in _TRANSIENT:
        raise _TransientError(f"{status} {response.reason_phrase}")
    if status == 206 and start:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise _MirrorError("resumed at another place than asked")
        return 0
    if status != 200:
        raise _MirrorError(f"{status} {response.reason_phrase}")
    return start


def _read_local(url: str, limit: int | None) -> Iterator[bytes]:
    path = Path(url2pathname(urlsplit(url).path))
    done = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                done += len(chunk)
                if limit is not None and done > limit:
                    raise _MirrorError(f"holds more than {limit} bytes")
                yield chunk
    except OSError as error:
        raise _MirrorError(error.strerror or str(error)) from error


def _url(mirror: str, path: str) -> str:
    # "+" is encoded as well: object stores behind some mirrors read a bare one as a space.
    return f"{mirror.rstrip('/')}/{quote(path.lstrip('/'), safe='/~')}"


def _redacted(mirror: str) -> str:
    """Drop a user name and password, which must not reach a terminal or a log."""
    parts = urlsplit(mirror)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _certificate_authorities() -> ssl.SSLContext:
    for variable in _CA_BUNDLES:
        bundle = os.environ.get(variable)
        if bundle and Path(bundle).is_file():
            return ssl.create_default_context(cafile=bundle)
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _all_failed(what: str, failures: Sequence[str]) -> FetchError:
    reasons = "".join(f"\n  {failure}" for failure in failures) or "\n  there is no mirror to ask"
    return FetchError(
        f"No mirror delivered {what}:{reasons}",
        "Check the network and the mirrors that were asked.",
    )
