"""One registry: requests with the right credentials."""

from __future__ import annotations

import base64
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from nautiloid.errors import quotable
from nautiloid.net.answer import finish, read_limited
from nautiloid.net.errors import HttpError, UnreachableError
from nautiloid.net.http import HttpClient, HttpSettings, Retry
from nautiloid.net.tls import certificate_authorities
from nautiloid.oci.documents import objects, plain_json
from nautiloid.registry.challenge import Challenge, parse_challenge
from nautiloid.registry.credentials import Credentials
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.name import RemoteName
from nautiloid.registry.settings import SessionSettings
from nautiloid.registry.token_server import check_token_server

_TRIES = 4
_DOCKER_CERTIFICATES = Path("/etc/docker/certs.d")
_LARGEST_ANSWER = 4 << 20  # bytes; the specification lets registries refuse larger manifests
_LARGEST_ERROR = 64 << 10  # bytes
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")  # what a header can carry; real ones are a subset of it (RFC 6750)


@dataclass(frozen=True)
class Answer:
    """An answer that was read to its end.

    Attributes:
        head: Its status and headers.
        content: Its body.
    """

    head: httpx.Response
    content: bytes

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.head.status_code

    def header(self, name: str) -> str:
        """Return a header; empty when there is none."""
        return str(self.head.headers.get(name, ""))

    def leads_to(self, address: str) -> str:
        """Return the URL of an address that the answer names, which may be relative to its own.

        Raises:
            RegistryError: It is no URL.
        """
        try:
            return urljoin(str(self.head.url), address)
        except ValueError as error:
            raise RegistryError(
                f"The registry sends us to {quotable(address)!r}, which is no URL.",
                "Tell whoever runs the registry.",
            ) from error


class Session:
    """One registry; safe to share between threads.

    Credentials go to the registry's own origin (scheme, host and port) and to the token server that it names, if that
    one belongs to it or the user vouches for it, and nowhere else: not to a host that an answer redirects to, and not
    to the same host over plain HTTP.
    """

    def __init__(self, name: RemoteName, credentials: Credentials | None, settings: SessionSettings) -> None:
        self.registry = name.registry
        self._credentials = credentials
        self._token_servers = settings.token_servers
        self._tokens: dict[str, str] = {}
        self._challenge: Challenge | None = None
        self._lock = threading.Lock()
        retry = Retry(tries=_TRIES, backoff=settings.backoff)
        trust = _context(name.registry, settings)
        self._client = HttpClient(
            HttpSettings(timeout=settings.timeout, patience=settings.patience, retry=retry, trust=trust)
        )
        scheme = "http" if settings.plain_http or (name.is_local and not self._speaks_tls(name.host)) else "https"
        self.base = f"{scheme}://{name.host}"

    @property
    def retry(self) -> Retry:
        """How often something is tried again."""
        return self._client.settings.retry

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expected: tuple[int, ...] = (200,),
        tries: int = _TRIES,
    ) -> Answer:
        """Send one request and return the answer, read to its end.

        Args:
            method: Such as ``PUT``.
            url: Absolute, or a path of the registry.
            scope: What it needs, such as ``repository:team/image:pull,push``.
            content: The body.
            headers: More headers.
            expected: Status codes that are no error.
            tries: How often to try when the network or the server falters.

        Raises:
            NotInRegistryError: 404, unless it is expected.
            RegistryError: Any other refusal or failure, or the answer is too long.
        """
        with self.stream(
            method, url, scope=scope, content=content, headers=headers, expected=expected, tries=tries
        ) as answer:
            return Answer(answer, read_limited(answer, _LARGEST_ANSWER))

    @contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        scope: str,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expected: tuple[int, ...] = (200,),
        tries: int = _TRIES,
    ) -> Iterator[httpx.Response]:
        """Like ``request``, but the body of the answer is still to be read."""
        url = urljoin(self.base, url)  # a path, or what ``Answer.leads_to`` has judged
        for asked_before in (False, True):
            sent = {**(headers or {}), **self._authorization(url, scope)}
            with self._named_errors(), self._client.send(
                method, url, headers=sent, content=content, tries=tries
            ) as answer:  # fmt: skip
                if answer.status_code == 401 and not asked_before:
                    self._learn(answer, scope)
                    finish(answer)
                    continue
                if answer.status_code not in expected:
                    raise self._refusal(answer, method)
                yield answer
                return

    def is_own(self, url: str) -> bool:
        """Tell whether an absolute URL is of the registry's own origin."""
        return urlsplit(url)[:2] == urlsplit(self.base)[:2]

    def _authorization(self, url: str, scope: str) -> dict[str, str]:
        if self._challenge is None or not self.is_own(url):
            return {}
        if self._challenge.scheme == "bearer":
            token = self._tokens.get(scope)
            if token is None:
                token = self._fetch_token(self._challenge, scope)
            return {"Authorization": f"Bearer {token}"}
        if self._credentials is None:
            return {}
        return _basic(self._credentials)

    def _learn(self, answer: httpx.Response, scope: str) -> None:
        """Take in what the registry wants to see; a token that it no longer takes is thrown away."""
        challenge = parse_challenge(answer.headers.get("WWW-Authenticate", ""))
        if challenge is None:
            raise self._refusal(answer, answer.request.method)
        with self._lock:
            self._challenge = challenge
            self._tokens.pop(scope, None)

    def _fetch_token(self, challenge: Challenge, scope: str) -> str:
        """Ask the token server (Docker registry token specification; with an identity token, its OAuth2 form)."""
        method, url, headers, content = self._token_request(challenge, scope)
        try:
            # A redirect is not followed: the password, or the token in the body, would go along to whoever it names.
            with self._client.send(method, url, headers=headers, content=content, redirects=False) as answer:
                if answer.status_code != 200:
                    raise self._refusal(answer, method)
                said = read_limited(answer, _LARGEST_ANSWER)
        except HttpError as error:
            raise RegistryError(
                f"The token server of {self.registry} cannot be asked: {error.message}.",
                "Check the network and the proxy variables, or tell whoever runs the registry.",
            ) from error
        token = _token_in(said)
        if token is None:
            raise RegistryError(
                f"The token server of {self.registry} sent no token that can be used.",
                "Tell whoever runs the registry.",
            )
        with self._lock:
            self._tokens[scope] = token
        return token

    def _token_request(self, challenge: Challenge, scope: str) -> tuple[str, str, dict[str, str], bytes | None]:
        """Return method, URL, headers and body of the request for a token."""
        known = self._credentials
        if known is not None:
            check_token_server(challenge.realm, self.base, self._token_servers)
        if known and known.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": known.identity_token}
            form |= {"client_id": "nautiloid", "service": challenge.service, "scope": scope}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return "POST", challenge.realm, headers, urlencode(form).encode()
        asked = [("scope", one) for one in scope.split()]
        if challenge.service:
            asked.append(("service", challenge.service))
        url = f"{challenge.realm}{'&' if '?' in challenge.realm else '?'}{urlencode(asked)}"
        return "GET", url, _basic(known) if known else {}, None

    def _refusal(self, answer: httpx.Response, method: str) -> RegistryError:
        said = _what_it_says(answer)
        where = f"{self.registry} {method} {quotable(answer.request.url.path)}"
        match answer.status_code:
            case 401:
                return RegistryError(
                    f"{self.registry} does not accept {'the' if self._credentials else 'requests without'} credentials"
                    f"{said}.",
                    f"Log in with 'docker login {self.registry}' or 'podman login {self.registry}'.",
                )
            case 403:
                return RegistryError(
                    f"{self.registry} denies this{said} ({method}).",
                    "The credentials are known, but not allowed to do it.",
                )
            case 404:
                return NotInRegistryError(f"{where}: there is no such thing{said}.", "Check the name and the tag.")
        status = f"{answer.status_code} {quotable(answer.reason_phrase)}".rstrip()
        return RegistryError(f"{where}: {status}{said}.", "Try again; if it stays so, ask whoever runs the registry.")

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except HttpError as error:
            if isinstance(error, UnreachableError) and error.untrusted:
                raise RegistryError(
                    f"The certificate of {self.registry} is not trusted: {error.message}.",
                    f"Name its authority with --ca-file, or put it into {_DOCKER_CERTIFICATES / self.registry}.",
                ) from error
            if isinstance(error, UnreachableError):
                raise RegistryError(
                    f"{self.registry} cannot be reached: {error.message}.",
                    "Check the name, the network, and the proxy variables; --plain-http is for registries without TLS.",
                ) from error
            raise RegistryError(
                f"{self.registry} does not answer as a registry does: {error.message}.",
                "Check the name; something between here and the registry may answer in its place.",
            ) from error

    def _speaks_tls(self, host: str) -> bool:
        try:
            with self._client.send("GET", f"https://{host}/v2/", tries=1, redirects=False):
                return True
        except UnreachableError as error:
            return error.untrusted
        except HttpError:
            return True


def _context(registry: str, settings: SessionSettings) -> ssl.SSLContext:
    folder = _DOCKER_CERTIFICATES / registry
    files = (*settings.ca_files, *sorted(folder.glob("*.crt")))
    try:
        context = certificate_authorities(files)
        for certificate in sorted(folder.glob("*.cert")):
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    except (OSError, ssl.SSLError) as error:
        named = ", ".join(str(path) for path in files)
        raise RegistryError(f"The certificates {named} cannot be used: {error}.") from error
    return context


def _basic(credentials: Credentials) -> dict[str, str]:
    """Return the header of basic authentication (RFC 7617)."""
    pair = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _what_it_says(answer: httpx.Response) -> str:
    """Return the registry's own words (distribution-spec, "Error Codes")."""
    try:
        errors = objects(plain_json(read_limited(answer, _LARGEST_ERROR))["errors"])
        said = "; ".join(quotable(str(error.get("message") or error.get("code"))) for error in errors[:3])
    except (ValueError, KeyError, TypeError, HttpError, httpx.RequestError):
        return ""
    return f": {said}" if said else ""


def _token_in(said: bytes) -> str | None:
    """Return the token of a token server's answer; None where it is none that a header can carry."""
    try:
        body = plain_json(said)
    except ValueError:
        return None
    token = body.get("token") or body.get("access_token")
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None
