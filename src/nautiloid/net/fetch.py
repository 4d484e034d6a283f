"""Fetching files by hash from whichever mirror has them; no mirror is trusted.

A mirror is a base URL (``http``, ``https`` or ``file``), a file is a path below it. Whatever the network
does (drops, 5xx, wrong bytes, endless bytes), the outcome is a verified file in the store or one error that
says what each mirror did wrong.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import url2pathname

import httpx

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.net.answer import check_status
from nautiloid.net.download import CHUNK, Limits, ResumableBody
from nautiloid.net.errors import HttpError, LimitError
from nautiloid.net.http import HttpClient, HttpSettings, Retry
from nautiloid.net.store import Store
from nautiloid.progress import Progress, Task

_THREADS = 4
_TRIES = 3


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


class Fetcher:
    """Fetches files into a store; a context manager that holds one pool of connections.

    Args:
        store: Where files are looked up first and put in the end.
        progress: The observer.
        offline: Never touch the network; ``file`` mirrors still serve.
        backoff: Seconds before the second try; each further try waits twice as long.
        timeout: Seconds without a byte after which a mirror counts as gone.
        patience: Seconds after which a mirror must have sent 1 kB for each of them.
    """

    def __init__(
        self,
        store: Store,
        progress: Progress,
        *,
        offline: bool = False,
        backoff: float = 0.5,
        timeout: float = 30.0,
        patience: float = 30.0,
    ) -> None:
        self.store = store
        self.progress = progress
        self.offline = offline
        retry = Retry(tries=_TRIES, backoff=backoff)
        self._client = HttpClient(HttpSettings(timeout=timeout, patience=patience, retry=retry))

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

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
            except HttpError as failure:
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
            except (HttpError, IntegrityError) as failure:
                failures.append(f"{_redacted(mirror)}: {failure}")
            else:
                return stored.path
        raise _all_failed(f"{download.title} ({download.path})", failures)

    def _chunks(self, url: str, *, limit: int | None) -> Iterator[bytes]:
        """Yield a file's bytes, of an ``http``, ``https`` or ``file`` URL.

        Raises:
            HttpError: The file cannot be had from there, or is longer than ``limit``.
        """
        if url.startswith("file:"):
            yield from _read_local(url, limit)
            return

        @contextmanager
        def open_at(headers: Mapping[str, str]) -> Iterator[httpx.Response]:
            with self._client.send("GET", url, headers=headers) as answer:
                check_status(answer, 200, 206)
                yield answer

        with ResumableBody(open_at, self._client.settings.retry, Limits(limit)) as body:
            yield from body

    def _reachable(self, mirrors: Sequence[str]) -> list[str]:
        return [mirror for mirror in mirrors if not self.offline or mirror.startswith("file:")]

    def _refuse_offline(self, missing: Sequence[Download]) -> None:
        absent = [d.title for d in missing if not self._reachable(d.mirrors)]
        if self.offline and absent:
            raise FetchError(
                f"Not in the cache, and this is an offline run: {', '.join(absent)}",
                "Run once online with the same lock; everything it names is then kept in the cache.",
            )


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


def _url(mirror: str, path: str) -> str:
    # "+" is encoded as well: object stores behind some mirrors read a bare one as a space.
    return f"{mirror.rstrip('/')}/{quote(path.lstrip('/'), safe='/~')}"


def _read_local(url: str, limit: int | None) -> Iterator[bytes]:
    path = Path(url2pathname(urlsplit(url).path))
    done = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                done += len(chunk)
                if limit is not None and done > limit:
                    raise LimitError(f"holds more than {limit} bytes")
                yield chunk
    except OSError as error:
        raise HttpError(error.strerror or str(error)) from error


def _redacted(mirror: str) -> str:
    """Drop a user name and password, which must not reach a terminal or a log."""
    parts = urlsplit(mirror)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _all_failed(what: str, failures: Sequence[str]) -> FetchError:
    reasons = "".join(f"\n  {failure}" for failure in failures) or "\n  there is no mirror to ask"
    return FetchError(
        f"No mirror delivered {what}:{reasons}",
        "Check the network and the mirrors that were asked.",
    )
