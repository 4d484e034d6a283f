"""One registry: requests with the right credentials."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from nautiloid.net.errors import HttpError, UnreachableError
from nautiloid.net.http import HttpClient, HttpSettings, Retry
from nautiloid.net.tls import certificate_authorities
from nautiloid.registry.challenge import Challenge, parse_challenge
from nautiloid.registry.credentials import Credentials
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.name import RemoteName
from nautiloid.registry.settings import SessionSettings
from nautiloid.registry.token_server import check_token_server

_TRIES = 4
_DOCKER_CERTIFICATES = Path("/etc/docker/certs.d")


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
        self._client = HttpClient(HttpSettings(timeout=60.0, retry=retry, trust=_context(name.registry, settings)))
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
    ) -> httpx.Response:
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
            RegistryError: Any other refusal or failure.
        """
        with self.stream(
            method, url, scope=scope, content=content, headers=headers, expected=expected, tries=tries
        ) as answer:
            answer.read()
            return answer

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
        url = urljoin(self.base, url)
        for asked_before in (False, True):
            sent = {**(headers or {}), **self._authorization(url, scope)}
            with self._named_errors(), self._client.send(
                method, url, headers=sent, content=content, tries=tries
            ) as answer:  # fmt: skip
                if answer.status_code == 401 and not asked_before:
                    answer.read()
                    self._learn(answer, scope)
                    continue
                if answer.status_code not in expected:
                    answer.read()
                    raise self._refusal(answer, method)
                yield answer
                return

    def _authorization(self, url: str, scope: str) -> dict[str, str]:
        if urlsplit(url)[:2] != urlsplit(self.base)[:2] or self._challenge is None:
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
                answer.read()
        except (HttpError, httpx.TransportError) as error:
            raise RegistryError(f"The token server of {self.registry} cannot be reached: {error}") from error
        if answer.status_code != 200:
            raise self._refusal(answer, "GET")
        try:
            body = answer.json()
            token = str(body.get("token") or body["access_token"])
        except (ValueError, KeyError, AttributeError) as error:
            raise RegistryError(f"The token server of {self.registry} sent no token.") from error
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
        url = f"{challenge.realm}{'&' if urlsplit(challenge.realm).query else '?'}{urlencode(asked)}"
        return "GET", url, _basic(known) if known else {}, None

    def _refusal(self, answer: httpx.Response, method: str) -> RegistryError:
        said = _what_it_says(answer)
        where = f"{self.registry} {method} {answer.request.url.path}"
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
        return RegistryError(f"{where}: {answer.status_code} {answer.reason_phrase}{said}.")

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
            raise RegistryError(
                f"{self.registry} cannot be reached: {error.message}.",
                "Check the name, the network, and the proxy variables; --plain-http is for registries without TLS.",
            ) from error

    def _speaks_tls(self, host: str) -> bool:
        try:
            with self._client.send("GET", f"https://{host}/v2/", tries=1):
                return True
        except UnreachableError as error:
            return error.untrusted


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
        errors = answer.json()["errors"]
        said = "; ".join(str(error.get("message") or error.get("code")) for error in errors[:3])
    except (ValueError, KeyError, TypeError, AttributeError, httpx.ResponseNotRead):
        return ""
    return f": {said}" if said else ""
