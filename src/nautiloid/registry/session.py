"""One registry: requests with the right credentials, retried when the network or the server falters."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from nautiloid import __version__
from nautiloid.net.tls import certificate_authorities
from nautiloid.registry.challenge import Challenge, parse_challenge
from nautiloid.registry.credentials import Credentials
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.name import RemoteName

_TRIES = 4
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 60.0  # seconds
_DOCKER_CERTIFICATES = Path("/etc/docker/certs.d")


@dataclass(frozen=True)
class SessionSettings:
    """How to talk to a registry.

    Attributes:
        ca_files: Certificate authorities to trust as well.
        plain_http: Speak HTTP without TLS; a registry on this machine that speaks nothing else is recognised.
        backoff: Seconds before the second try; each further try waits twice as long.
    """

    ca_files: tuple[Path, ...] = ()
    plain_http: bool = False
    backoff: float = 1.0


class Session:
    """A pool of connections to one registry; safe to share between threads.

    Credentials go to the registry and to the token server that it names, and nowhere else: httpx takes them out of a
    request that is redirected to another host.
    """

    def __init__(self, name: RemoteName, credentials: Credentials | None, settings: SessionSettings) -> None:
        self.registry = name.registry
        self._credentials = credentials
        self._backoff = settings.backoff
        self._tokens: dict[str, str] = {}
        self._challenge: Challenge | None = None
        self._lock = threading.Lock()
        self._client = httpx.Client(
            timeout=httpx.Timeout(60, connect=15),
            verify=_context(name.registry, settings),
            headers={"User-Agent": f"nautiloid/{__version__}", "Accept-Encoding": "identity"},
            follow_redirects=True,
        )
        scheme = "http" if settings.plain_http or (name.is_local and not self._speaks_tls(name.host)) else "https"
        self.base = f"{scheme}://{name.host}"

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
        asked_again = False
        attempt = 0
        while True:
            last = attempt == tries - 1
            sent = {**(headers or {}), **self._authorization(url, scope)}
            request = self._client.build_request(method, url, content=content, headers=sent)
            try:
                answer = self._client.send(request, stream=True)
            except httpx.TransportError as error:
                if last or _is_certificate_fault(error):
                    raise self._unreachable(error) from error
                time.sleep(self._backoff * 2**attempt)
                attempt += 1
                continue
            try:
                if answer.status_code == 401 and not asked_again:
                    asked_again = True
                    answer.read()
                    self._learn(answer, scope)
                    continue
                if answer.status_code in _TRANSIENT and answer.status_code not in expected and not last:
                    time.sleep(_wait(answer, self._backoff * 2**attempt))
                    attempt += 1
                    continue
                if answer.status_code not in expected:
                    answer.read()
                    raise self._refusal(answer, method)
                yield answer
                return
            finally:
                answer.close()

    def _authorization(self, url: str, scope: str) -> dict[str, str]:
        if urlsplit(url).netloc != urlsplit(self.base).netloc or self._challenge is None:
            return {}
        if self._challenge.scheme == "bearer":
            token = self._tokens.get(scope)
            if token is None:
                token = self._fetch_token(self._challenge, scope)
            return {"Authorization": f"Bearer {token}"}
        if self._credentials is None:
            return {}
        basic = httpx.BasicAuth(self._credentials.username, self._credentials.password)
        return {"Authorization": next(basic.auth_flow(httpx.Request("GET", url))).headers["Authorization"]}

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
        parameters: dict[str, str | list[str]] = {"scope": scope.split()}
        if challenge.service:
            parameters["service"] = challenge.service
        known = self._credentials
        try:
            if known and known.identity_token:
                form = {"grant_type": "refresh_token", "refresh_token": known.identity_token}
                form |= {"client_id": "nautiloid", "service": challenge.service, "scope": scope}
                answer = self._client.post(challenge.realm, data=form)
            else:
                basic = httpx.BasicAuth(known.username, known.password) if known else None
                answer = self._client.get(challenge.realm, params=parameters, auth=basic)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
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

    def _unreachable(self, error: httpx.TransportError) -> RegistryError:
        if _is_certificate_fault(error):
            return RegistryError(
                f"The certificate of {self.registry} is not trusted: {error}.",
                f"Name its authority with --ca-file, or put it into {_DOCKER_CERTIFICATES / self.registry}.",
            )
        return RegistryError(
            f"{self.registry} cannot be reached: {error or type(error).__name__}.",
            "Check the name, the network, and the proxy variables; --plain-http is for registries without TLS.",
        )

    def _speaks_tls(self, host: str) -> bool:
        try:
            self._client.get(f"https://{host}/v2/")
        except httpx.TransportError as error:
            return _is_certificate_fault(error)
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


def _is_certificate_fault(error: Exception) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _wait(answer: httpx.Response, otherwise: float) -> float:
    """Return how long to wait: what the server says in seconds, within reason."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT) if text.isdigit() else otherwise


def _what_it_says(answer: httpx.Response) -> str:
    """Return the registry's own words (distribution-spec, "Error Codes")."""
    try:
        errors = answer.json()["errors"]
        said = "; ".join(str(error.get("message") or error.get("code")) for error in errors[:3])
    except (ValueError, KeyError, TypeError, AttributeError, httpx.ResponseNotRead):
        return ""
    return f": {said}" if said else ""
