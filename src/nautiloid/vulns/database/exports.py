"""Speak to a host of OSV exports: whole ecosystems, what changed since, single records; CISA's and FIRST's lists.

Source: google.github.io/osv.dev/data: ``<ecosystem>/all.zip``, ``<ecosystem>/modified_id.csv`` (time of change and id,
the newest first) and ``<ecosystem>/<id>.json``. The host is Google Cloud Storage, which states crc32c and md5 of every
object in ``x-goog-hash``; any web server with the same paths will do.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import google_crc32c
import httpx

from nautiloid import bounds
from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.net.answer import read_limited, said_by
from nautiloid.net.download import Limits, ResumableBody
from nautiloid.net.errors import HttpError, UnreachableError
from nautiloid.net.http import HttpClient, HttpSettings, Retry
from nautiloid.progress import SILENT, Progress

OSV_EXPORTS = "https://osv-vulnerabilities.storage.googleapis.com"
EXPLOITED = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
EPSS = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"

_HINT = "The old database is still in use. Check the network, or use 'nautiloid db import'."
_TRIES = 3


class FeedError(NautiloidError):
    """A feed cannot be reached, or does not have what was asked for."""


class MissingError(FeedError):
    """The host has no such object."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object that was downloaded.

    Attributes:
        etag: What to ask with the next time.
        as_of: When the host last changed it, RFC 3339 in UTC; empty when it does not say.
    """

    etag: str
    as_of: str


class Exports:
    """One pool of connections to the hosts of advisories.

    Args:
        base: Where the exports are.
        pause: Seconds before the second try; each further try waits twice as long.
        timeout: Seconds without a byte after which a host counts as gone.
        patience: Seconds of waiting after which it must have sent 1 kB for each of them.
        largest: Bytes that an export may have.
    """

    def __init__(
        self,
        base: str = OSV_EXPORTS,
        *,
        pause: float = 0.5,
        timeout: float = 120.0,
        patience: float = 30.0,
        largest: int = 8 << 30,
    ) -> None:
        self.base = base.rstrip("/")
        self._limits = Limits(limit=largest)
        retry = Retry(tries=_TRIES, backoff=pause)
        self._client = HttpClient(HttpSettings(timeout=timeout, patience=patience, retry=retry, compressed=True))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def whole(self, ecosystem: str, destination: Path, etag: str, progress: Progress = SILENT) -> Fetched | None:
        """Download an ecosystem's export; None when it still is the one with this ETag.

        Raises:
            MissingError: There is no such ecosystem.
            FeedError: The host cannot be reached, or fails.
            IntegrityError: What arrived is not what the host states.
        """
        url = f"{self.base}/{quote(ecosystem)}/all.zip"
        asked = {"If-None-Match": etag} if etag else {}

        @contextmanager
        def open_at(headers: Mapping[str, str]) -> Iterator[httpx.Response]:
            with self._client.send("GET", url, headers={"Accept-Encoding": "identity", **asked, **headers}) as answer:
                _check_status(answer, 200, 206, *((304,) if etag else ()))
                yield answer

        with _named_errors(), ResumableBody(open_at, self._client.settings.retry, self._limits) as download:
            if download.answer.status_code == httpx.codes.NOT_MODIFIED:
                return None
            stated = download.answer.headers
            sums = _Sums()
            title, length = f"Fetch {ecosystem}", stated.get("content-length", "")
            total = int(length) if length.isdigit() else None
            with destination.open("wb") as file, progress.task(title, total=total, unit="bytes") as task:
                for chunk in download:
                    file.write(chunk)
                    sums.update(chunk)
                    task.advance(len(chunk))
        _check_content(stated, sums, url)
        return Fetched(stated.get("etag", ""), _moment(stated.get("last-modified", "")))

    def changes(self, ecosystem: str) -> dict[str, str]:
        """Return the time of the last change of each record, by id.

        Raises:
            MissingError: The host keeps no such list.
            FeedError: The host cannot be reached, or fails.
        """
        text = self.document(f"{self.base}/{quote(ecosystem)}/modified_id.csv").decode("utf-8", "replace")
        pairs = (line.strip().split(",", 1) for line in text.splitlines() if "," in line)
        return {identity: modified for modified, identity in pairs}

    def record(self, ecosystem: str, identity: str) -> bytes:
        """Return one record; raises as ``changes`` does."""
        return self.document(f"{self.base}/{quote(ecosystem)}/{quote(identity)}.json")

    def document(self, url: str) -> bytes:
        """Return an object that fits into memory; raises as ``changes`` does."""
        with _named_errors():
            for attempt in range(_TRIES):
                try:
                    with self._client.send("GET", url) as answer:
                        _check_status(answer, 200)
                        content = read_limited(answer, bounds.ADVISORY_LIST)
                except httpx.TransportError as error:
                    if attempt == _TRIES - 1:
                        raise UnreachableError(said_by(error)) from error
                    self._client.settings.retry.wait(attempt)
                else:
                    break
        if "content-encoding" not in answer.headers:
            _check_content(answer.headers, _Sums().update(content), url)
        return content


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except HttpError as error:
        raise FeedError(
            f"cannot fetch advisories: {error.message}",
            _HINT,
        ) from error


def _check_status(answer: httpx.Response, *expected: int) -> None:
    if answer.status_code in (403, 404, 410):
        # A bucket that may not be listed says 403 for what is not there.
        raise MissingError(f"there is nothing at {answer.url} ({answer.status_code})", _HINT)
    if answer.status_code not in expected:
        raise FeedError(f"{answer.url} answers {answer.status_code}", _HINT)


class _Sums:
    """Length and checksums of what goes by."""

    def __init__(self) -> None:
        self.length = 0
        self._crc32c = 0
        self._md5 = hashlib.md5(usedforsecurity=False)

    def update(self, chunk: bytes) -> _Sums:
        self.length += len(chunk)
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)
        self._md5.update(chunk)
        return self

    def as_stated(self) -> dict[str, str]:
        digests = {"crc32c": self._crc32c.to_bytes(4, "big"), "md5": self._md5.digest()}
        return {name: base64.b64encode(digest).decode() for name, digest in digests.items()}


def _check_content(headers: Mapping[str, str], sums: _Sums, url: str) -> None:
    """Compare what arrived with what the host states of it.

    Raises:
        IntegrityError: They differ.
    """
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) != sums.length:
        raise IntegrityError(f"{url} has {length} bytes, {sums.length} arrived", "Try again.")
    computed = sums.as_stated()
    for name, value in _stated_hashes(headers.get("x-goog-hash", "")):
        if name in computed and computed[name] != value:
            raise IntegrityError(
                f"{url} is not what its host states: {name} differs", "Try again; something on the way changes it."
            )


def _stated_hashes(header: str) -> Iterator[tuple[str, str]]:
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        yield name, value


def _moment(header: str) -> str:
    try:
        return parsedate_to_datetime(header).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError):
        return ""
