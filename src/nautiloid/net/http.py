"""The one HTTP client: retries and back-off, what servers ask of clients that retry, limits, and whom it trusts.

Mirrors, feeds of advisories and registries all speak through it. What is special to one of them (hashes, checksums,
tokens, uploads) lives with that one; bodies that are taken up again where a connection broke are in ``net.download``.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

import httpx

from nautiloid.net.errors import HttpError, LimitError, StatusError, UnreachableError
from nautiloid.net.tls import certificate_authorities
from nautiloid.version import __version__

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others in a moment (RFC 9110, section 15; RFC 6585; RFC 8470)."""

_LARGEST_DOCUMENT = 16 << 20  # bytes

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retry:
    """How often, and how patiently, something is tried again.

    Attributes:
        tries: All in all.
        backoff: Seconds before the second try; each further try waits twice as long.
        longest: Seconds that a server may make us wait.
    """

    tries: int = 4
    backoff: float = 0.5
    longest: float = 60.0

    def wait(self, attempt: int, answer: httpx.Response | None = None) -> None:
        """Wait before the next try.

        Args:
            attempt: How many have failed before this one, from 0.
            answer: What the server said; its ``Retry-After`` (seconds or a date) counts, within reason.
        """
        asked = _retry_after(answer.headers.get("Retry-After", "")) if answer is not None else None
        time.sleep(min(asked if asked is not None else self.backoff * 2**attempt, self.longest))


@dataclass(frozen=True)
class HttpSettings:
    """How a client behaves.

    Attributes:
        timeout: Seconds without a byte after which a server counts as gone.
        retry: How often to try.
        trust: What verifies servers; None: the system's authorities and those that the environment names.
        compressed: Whether a server may compress what it sends; hashes are of files as they lie there, so mostly not.
    """

    timeout: float = 30.0
    retry: Retry = Retry()
    trust: ssl.SSLContext | None = None
    compressed: bool = False


class HttpClient:
    """One pool of connections, made when first needed; safe to share between threads.

    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), certificate authorities from
    ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else from the system and certifi.
    """

    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    @contextmanager
    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        tries: int | None = None,
        redirects: bool = True,
    ) -> Iterator[httpx.Response]:
        """Send a request and lend the answer, whose body is still to be read; the caller judges its status.

        Args:
            method: Such as ``GET``.
            url: An ``http`` or ``https`` URL.
            headers: More headers. httpx drops ``Authorization`` where a redirect leads to another origin.
            content: The body.
            tries: How often to try when the network or the server falters; None: as the settings say.
            redirects: Whether redirects are followed.

        Raises:
            UnreachableError: There is no answer.
            HttpError: The URL is none, or redirects do not end.
        """
        retry, limit = self.settings.retry, tries or self.settings.retry.tries
        for attempt in range(limit):
            last = attempt == limit - 1
            _log.info("%s %s", method, _without_secrets(url))
            try:
                client = self._connection()
                request = client.build_request(method, url, content=content, headers=dict(headers or {}))
                answer = client.send(request, stream=True, follow_redirects=redirects)
            except httpx.TransportError as error:
                untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
                if last or untrusted:
                    raise UnreachableError(str(error) or type(error).__name__, untrusted=untrusted) from error
                retry.wait(attempt)
                continue
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise HttpError(str(error)) from error
            try:
                if answer.status_code not in TRANSIENT or last:
                    yield answer
                    return
            finally:
                answer.close()
            retry.wait(attempt, answer)

    def fetch(self, url: str, *, limit: int = _LARGEST_DOCUMENT, headers: Mapping[str, str] | None = None) -> bytes:
        """Return a document that fits into memory.

        Raises:
            UnreachableError: There is no answer, or it breaks off again and again.
            StatusError: The answer is another than 200.
            LimitError: It has more bytes than ``limit``.
        """
        for attempt in range(self.settings.retry.tries):
            try:
                with self.send("GET", url, headers=headers) as answer:
                    check_status(answer)
                    return read_limited(answer, limit)
            except httpx.TransportError as error:
                if attempt == self.settings.retry.tries - 1:
                    raise UnreachableError(str(error) or type(error).__name__) from error
                self.settings.retry.wait(attempt)
        raise AssertionError("the last try returns or raises")

    def _connection(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                encoding = {} if self.settings.compressed else {"Accept-Encoding": "identity"}
                self._client = httpx.Client(
                    timeout=httpx.Timeout(self.settings.timeout, connect=min(15.0, self.settings.timeout)),
                    verify=self.settings.trust or certificate_authorities(),
                    headers={"User-Agent": f"nautiloid/{__version__}", **encoding},
                )
            return self._client


def check_status(answer: httpx.Response, *expected: int) -> None:
    """Accept the expected statuses (200 where none are named).

    Raises:
        StatusError: It is another.
    """
    if answer.status_code not in (expected or (200,)):
        raise StatusError(f"{answer.status_code} {answer.reason_phrase}", answer.status_code)


def read_limited(answer: httpx.Response, limit: int = _LARGEST_DOCUMENT) -> bytes:
    """Read an answer's body to its end.

    Raises:
        LimitError: It has more than ``limit`` bytes.
        httpx.TransportError: The connection breaks off.
    """
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > limit:
            raise LimitError(f"sent more than {limit} bytes")
    return bytes(content)


def _without_secrets(url: str) -> str:
    """Leave out of a log what proves who somebody is: credentials, and queries, in which stores sign their links."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an URL that is none"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "***" if parts.query else "", ""))


def _retry_after(text: str) -> float | None:
    """Read ``Retry-After`` (RFC 9110, section 10.2.3); None for what is neither seconds nor a date."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
