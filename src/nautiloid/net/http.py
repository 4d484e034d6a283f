"""The one HTTP client: retries and back-off, redirects, what servers ask of clients that retry, and whom it trusts.

Mirrors, feeds of advisories and registries all speak through it. What is special to one of them (hashes, checksums,
tokens, uploads) lives with that one; bodies that are taken up again where a connection broke are in ``net.download``,
and how slow a server may be is in ``net.pace``.
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
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit, urlunsplit

import httpx

from nautiloid import bounds
from nautiloid.errors import quotable
from nautiloid.net.answer import check_status, finish, read_limited, said_by
from nautiloid.net.errors import HttpError, UnreachableError
from nautiloid.net.pace import Pace
from nautiloid.net.tls import certificate_authorities
from nautiloid.version import __version__

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that may be others in a moment (RFC 9110, section 15; RFC 6585; RFC 8470)."""


_LONGEST_URL = 2000  # characters of a log's line

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
        compressed: Whether a server is asked to compress what it sends (gzip); hashes are of files as they lie there,
            so mostly not.
        patience: Seconds of waiting after which a server must have sent 1 kB for each of them: one that trickles is no
            better than one that is silent.
    """

    timeout: float = 30.0
    retry: Retry = Retry()
    trust: ssl.SSLContext | None = None
    compressed: bool = False
    patience: float = 30.0


class HttpClient:
    """One pool of connections, made when first needed; safe to share between threads.

    It keeps no cookies; redirects are followed, to other origins without credentials, and never from TLS to none.
    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY`` ...), certificate authorities from
    ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else from the system and certifi.
    """

    def __init__(self, settings: HttpSettings | None = None) -> None:
        self.settings = settings or HttpSettings()
        self._client: httpx.Client | None = None
        self._pace = Pace(self.settings.patience)
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
            headers: More headers; ``Authorization`` stays behind where a redirect leads to another origin.
            content: The body.
            tries: How often to try when the network or the server falters; None: as the settings say.
            redirects: Whether redirects are followed.

        Raises:
            UnreachableError: There is no answer, or the connection breaks while the block reads it.
            SlowError: The server is too slow.
            LimitError: Its headers do not end.
            HttpError: The URL is none, or redirects do not end or lead astray.
        """
        retry, limit = self.settings.retry, tries or self.settings.retry.tries
        for attempt in range(limit):
            last = attempt == limit - 1
            _log.info("%s %s", method, _without_secrets(url))
            try:
                client = self._connection()
                request = client.build_request(method, url, content=content, headers=dict(headers or {}))
                answer = self._answer(client, request, redirects=redirects)
            except httpx.LocalProtocolError as error:
                # What it quotes is ours, such as a header with a token.
                raise HttpError("the request cannot be said in HTTP") from error
            except (httpx.UnsupportedProtocol, httpx.InvalidURL, ValueError) as error:
                raise HttpError(said_by(error)) from error
            except httpx.RequestError as error:
                untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
                if last or untrusted:
                    raise UnreachableError(said_by(error), untrusted=untrusted) from error
                retry.wait(attempt)
                continue
            try:
                if answer.status_code not in TRANSIENT or last:
                    yield answer
                    return
            except httpx.RequestError as error:
                raise UnreachableError(said_by(error)) from error
            finally:
                answer.close()
            retry.wait(attempt, answer)

    def fetch(self, url: str, *, limit: int = bounds.ANSWER, headers: Mapping[str, str] | None = None) -> bytes:
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
                    raise UnreachableError(said_by(error)) from error
                self.settings.retry.wait(attempt)
        raise AssertionError("the last try returns or raises")

    def _answer(self, client: httpx.Client, request: httpx.Request, *, redirects: bool) -> httpx.Response:
        """Send a request and follow where it leads; httpx would read what comes with a redirect, however long it is."""
        for _ in range(bounds.REDIRECTS + 1):
            with self._pace.before_body():
                answer = client.send(request, stream=True, follow_redirects=False)
            following = answer.next_request
            if following is None or not redirects:
                return answer
            try:
                finish(answer)
            finally:
                answer.close()
            if request.url.scheme == "https" and following.url.scheme != "https":
                raise HttpError("redirects to where there is no TLS")
            if _origin(following.url) != _origin(request.url):
                following.headers.pop("Authorization", None)
            following.url = following.url.copy_with(username="", password="")  # nor what the redirect itself names
            request = following
        raise HttpError(f"redirects more than {bounds.REDIRECTS} times")

    def _connection(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                encoding = "gzip" if self.settings.compressed else "identity"
                self._client = httpx.Client(
                    timeout=httpx.Timeout(self.settings.timeout, connect=min(15.0, self.settings.timeout)),
                    verify=self.settings.trust or certificate_authorities(),
                    headers={"User-Agent": f"nautiloid/{__version__}", "Accept-Encoding": encoding},
                    # A cookie is a credential too, and a jar knows hosts, not origins.
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                )
                self._pace.watch(self._client)
            return self._client


def _without_secrets(url: str) -> str:
    """Leave out of a log what proves who somebody is: credentials, and queries, in which stores sign their links."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an URL that is none"
    query = "***" if parts.query else ""
    return quotable(urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "")), _LONGEST_URL)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, port


def _retry_after(text: str) -> float | None:
    """Read ``Retry-After`` (RFC 9110, section 10.2.3); None for what is neither seconds nor a date."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
