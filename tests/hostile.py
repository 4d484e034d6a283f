"""Servers on the loopback that speak well, but for one fault: what hostile registries, mirrors and indices may do.

An ``Origin`` answers what its ``answer`` says. A ``Fault`` takes over where its pattern fits the path of a request, and
may write anything to the connection. Every origin keeps the requests that it saw, whole, so that a test can tell who
has seen a secret.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import ipaddress
import itertools
import json
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD, TOKEN = "octo", "s3cret-pus", "s3cret-t0ken"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECRETS = (PASSWORD, TOKEN, BASIC)
DOCKER_CONFIG = {"auth": BASIC}
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Asked:
    """A request, whole."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")


@dataclass(frozen=True)
class Reply:
    """A good answer.

    Attributes:
        effect: What it changes at the server, unless a fault takes its place.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    reason: bytes = b"Said"
    effect: Callable[[], object] | None = None

    def head(self, *without: str) -> bytes:
        lines = [b"HTTP/1.1 %d %s" % (self.status, self.reason)]
        kept = [(name, value) for name, value in self.headers if name.lower() not in without]
        if "content-length" not in {*without, *(name.lower() for name, _ in kept)}:
            kept.append(("Content-Length", str(len(self.body))))
        lines += [f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in kept]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def with_headers(self, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in {name.lower() for name in named})
        return Reply(self.status, self.body, (*kept, *named.items()), self.reason)

    def with_body(self, body: bytes) -> Reply:
        kept = tuple(pair for pair in self.headers if pair[0] != "Docker-Content-Digest")
        return Reply(self.status, body, kept, self.reason)


class Wire:
    """A connection to the client, for whatever a fault wants to write."""

    def __init__(self, origin: Origin, write: Callable[[bytes], object]) -> None:
        self.origin, self._write = origin, write
        self.sent = 0

    def send(self, data: bytes) -> None:
        self._write(data)
        self.sent += len(data)
        self.origin.sent += len(data)

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the test."""
        if self.origin.stopping.wait(seconds):
            raise ConnectionError("the test is over")

    def forever(self, data: bytes, pause: float = 0.0) -> None:
        while True:
            self.send(data)
            self.wait(pause)

    def reply(self, reply: Reply) -> None:
        self.send(reply.head() + reply.body)


Act = Callable[[Wire, Asked, Reply], None]


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where; ``times`` at most."""

    where: str
    act: Act
    times: int = 1 << 30

    def fits(self, asked: Asked, before: int) -> bool:
        return before < self.times and re.search(self.where, f"{asked.method} {asked.path}") is not None


class Origin:
    """One server; ``answer`` says what is right."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.seen: list[Asked] = []
        self.fault: Fault | None = None
        self.faults = 0
        self.deaf = False
        self.sent = 0
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                if outer.deaf:
                    outer.stopping.wait(30)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, tuple(self.headers.items()), body)
                if not outer.speak(asked, Wire(outer, self.wfile.write)):
                    self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = handle_any  # noqa: N815 - the names that http.server calls

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # clients that had enough hang up

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"{'https' if certificate else 'http'}://{self.address}"
        threading.Thread(target=self._server.serve_forever, args=(0.002,), daemon=True).start()

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def speak(self, asked: Asked, wire: Wire) -> bool:
        """Answer, and tell whether the connection may be used again."""
        self.seen.append(asked)
        reply = self.answer(asked)
        # Who has not said yet who they are is sent to the token server, so that there is a secret to lose.
        if self.fault and reply.status != 401 and self.fault.fits(asked, self.faults):
            self.faults += 1
            self.fault.act(wire, asked, reply)
            return False
        if reply.effect:
            reply.effect()
        wire.send(reply.head() + (b"" if asked.method == "HEAD" else reply.body))
        return True

    def answer(self, asked: Asked) -> Reply:  # noqa: ARG002 - others look at it
        """Say what is right; a plain origin has a file of eight bytes at every path."""
        return Reply(body=b"anything")

    def secrets_seen(self) -> list[str]:
        """Return the requests that brought a credential here."""
        return [
            f"{one.method} {one.path}"
            for one in self.seen
            if one.header("Authorization")
            or one.header("Cookie")
            or any(secret in f"{one.path} {one.headers} {one.body!r}" for secret in SECRETS)
        ]


class Files(Origin):
    """A mirror: files by path."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.files: dict[str, bytes] = {}
        super().__init__(certificate)

    def answer(self, asked: Asked) -> Reply:
        content = self.files.get(urlsplit(asked.path).path)
        if content is None:
            return Reply(404, b"no such file")
        etag = ("ETag", f'"{hashlib.sha256(content).hexdigest()[:16]}"')
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.header("Range"))
        if wanted and int(wanted[1]) < len(content):
            start = int(wanted[1])
            place = ("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            return Reply(206, content[start:], (place, etag))
        return Reply(200, content, (etag,))


class Registry(Origin):
    """A registry of one repository, which wants to see a token that its own token server hands out for a password."""

    def __init__(self, certificate: tuple[Path, Path] | None = None, *, guarded: bool = True) -> None:
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.numbers = itertools.count()
        self.guarded = guarded
        self.challenge = ""
        super().__init__(certificate)

    def answer(self, asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        if parts.path == "/token":
            return self._token(asked)
        if self.guarded and asked.header("Authorization") != f"Bearer {TOKEN}":
            challenge = self.challenge or f'Bearer realm="{self.url}/token",service="s"'
            return Reply(401, b"{}", (("WWW-Authenticate", challenge),))
        _, _, rest = parts.path.partition("/v2/team/app/")
        kind, _, name = rest.partition("/")
        match kind, asked.method:
            case "manifests", "GET" | "HEAD" if name in self.documents:
                media_type, data = self.documents[name]
                return Reply(200, data, (("Content-Type", media_type), ("Docker-Content-Digest", digest_of(data))))
            case "manifests", "PUT":
                stored = (asked.header("Content-Type"), asked.body)
                named = dict.fromkeys((name, digest_of(asked.body)), stored)
                digest = (("Docker-Content-Digest", digest_of(asked.body)),)
                return Reply(201, b"", digest, effect=lambda: self.documents.update(named))
            case "tags", _:
                return Reply(200, json.dumps({"tags": [tag for tag in self.documents if ":" not in tag]}).encode())
            case "referrers", _:
                return Reply(200, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).encode())
            case "blobs", "POST":
                begun = f"/v2/team/app/blobs/uploads/{next(self.numbers)}"
                return Reply(202, b"", (("Location", begun),), effect=lambda: self.uploads.update({begun: b""}))
            case "blobs", "PATCH":
                more = {parts.path: self.uploads.get(parts.path, b"") + asked.body}
                return Reply(202, b"", (("Location", parts.path),), effect=lambda: self.uploads.update(more))
            case "blobs", "PUT":
                blob = {parse_qs(parts.query)["digest"][0]: self.uploads.get(parts.path, b"")}
                return Reply(201, effect=lambda: self.blobs.update(blob))
            case "blobs", "GET" | "HEAD" if name in self.blobs:
                return self._blob(self.blobs[name], asked)
            case "blobs", "GET":
                reached = max(0, len(self.uploads.get(parts.path, b"")) - 1)
                return Reply(204, b"", (("Location", parts.path), ("Range", f"0-{reached}")))
        return Reply(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}')

    def _token(self, asked: Asked) -> Reply:
        if asked.header("Authorization") != f"Basic {BASIC}":
            return Reply(401, b'{"errors": [{"message": "who are you?"}]}')
        return Reply(200, json.dumps({"token": TOKEN}).encode())

    def _blob(self, content: bytes, asked: Asked) -> Reply:
        start = int(asked.header("Range").removeprefix("bytes=").removesuffix("-") or 0)
        if not start:
            return Reply(200, content)
        place = ("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        return Reply(206, content[start:], (place,))


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


# -- faults ----------------------------------------------------------------------------------------


def status(code: int, body: bytes = b"", **headers: str) -> Act:
    """Answer with another status, and these headers (``Retry_After``)."""
    return lambda wire, _, __: wire.reply(Reply(code, body).with_headers(**headers))


def to(location: str, code: int = 307) -> Act:
    """Redirect; ``{path}`` stands for the path that was asked for."""
    return lambda wire, asked, _: wire.reply(
        Reply(code, b"elsewhere", (("Location", location.replace("{path}", asked.path)),))
    )


def chain(wire: Wire, asked: Asked, _: Reply) -> None:
    """Redirect to one more path each time."""
    wire.reply(Reply(307, b"", (("Location", f"{asked.path}/on"),)))


def endless_redirect(wire: Wire, _: Asked, __: Reply) -> None:
    """Redirect with a body that does not end."""
    wire.send(b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.forever(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def endless(code: int = 200, *encoded: bytes) -> Act:
    """Send chunks for ever."""

    def act(wire: Wire, _: Asked, __: Reply) -> None:
        wire.send(b"HTTP/1.1 %d Said\r\nTransfer-Encoding: chunked\r\n\r\n" % code)
        wire.forever(b"10000\r\n" + b'{"a": [' * 9362 + b"aa" + b"\r\n")

    return act


def length(text: str) -> Act:
    """Lie about the length; ``half`` and ``+5`` are relative to the truth."""

    def act(wire: Wire, _: Asked, reply: Reply) -> None:
        true = len(reply.body)
        stated = str(true // 2) if text == "half" else str(true + int(text)) if text[0] == "+" else text
        wire.send(reply.with_headers(Content_Length=stated).head() + reply.body)

    return act


def encoded(name: str, content: Callable[[bytes], bytes]) -> Act:
    """Answer with a Content-Encoding that nobody asked for."""

    def act(wire: Wire, _: Asked, reply: Reply) -> None:
        body = content(reply.body)
        wire.reply(Reply(reply.status, body, (*reply.headers, ("Content-Encoding", name)), reply.reason))

    return act


@cache
def gzip_bomb() -> bytes:
    """Return 64 MiB of spaces, in 64 kB."""
    return gzip.compress(b" " * (64 << 20), 6)


def body(content: bytes | Callable[[bytes], bytes], code: int | None = None) -> Act:
    """Answer with another body."""

    def act(wire: Wire, _: Asked, reply: Reply) -> None:
        said = reply.with_body(content if isinstance(content, bytes) else content(reply.body))
        wire.reply(Reply(code or said.status, said.body, said.headers, said.reason))

    return act


def headers(**named: str) -> Act:
    """Answer with other headers."""
    return lambda wire, _, reply: wire.reply(reply.with_headers(**named))


def raw(data: bytes) -> Act:
    """Send these bytes, and hang up."""
    return lambda wire, _, __: wire.send(data)


def silence(wire: Wire, _: Asked, __: Reply) -> None:
    """Say nothing."""
    wire.wait(30)


def trickle(pause: float, *, whole_head: bool) -> Act:
    """Send one byte at a time."""

    def act(wire: Wire, _: Asked, reply: Reply) -> None:
        head, rest = reply.head(), reply.body or b"x" * 1000
        if whole_head:
            wire.send(reply.with_headers(Content_Length="100000").head())
            head, rest = b"", b"x" * 100_000
        for byte in head + rest:
            wire.send(bytes([byte]))
            wire.wait(pause)

    return act


def endless_headers(pause: float) -> Act:
    def act(wire: Wire, _: Asked, __: Reply) -> None:
        wire.send(b"HTTP/1.1 200 Said\r\n")
        wire.forever(b"X: y\r\n" * (1 if pause else 10_000), pause)

    return act


def flood(wire: Wire, _: Asked, __: Reply) -> None:
    """Send interim answers for ever, as fast as it goes."""
    wire.forever(b"HTTP/1.1 102 Processing\r\n\r\n" * 4000)


def slow_chunk(wire: Wire, _: Asked, __: Reply) -> None:
    """Send the size of a chunk for ever."""
    wire.send(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n1;")
    wire.forever(b"x", 0.02)


def cut(at: int, then: Act | None = None) -> Act:
    """Break off in the middle; a request that resumes meets another fault."""

    def act(wire: Wire, asked: Asked, reply: Reply) -> None:
        if asked.header("Range") and then:
            then(wire, asked, reply)
        else:
            wire.send(reply.head() + reply.body[:at])

    return act


def nested(depth: int) -> bytes:
    return b'{"a": ' + b"[" * depth + b"]" * depth + b"}"


# -- certificates ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests, and what a server on the loopback shows."""

    ca: Path
    server: tuple[Path, Path]


def make_authority(folder: Path) -> Authority:
    """Make a self-signed authority and a certificate of 127.0.0.1."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name, name = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("ca", "server"))

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        )  # fmt: skip

    usage = x509.KeyUsage(*(index in (5, 6) for index in range(9)))
    signed = builder(ca_name, ca_key.public_key(), ca=True).add_extension(usage, critical=True)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    shown = builder(name, key.public_key(), ca=False).add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.crt").write_bytes(signed.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.crt").write_bytes(shown.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Authority(folder / "ca.crt", (folder / "server.crt", folder / "server.key"))
