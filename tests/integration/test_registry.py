"""Push, pull and copy against Debian's docker-registry; skopeo reads what we wrote."""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nautiloid.errors import IntegrityError
from nautiloid.images.inspecting import inspect_anything
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.source import open_image
from nautiloid.registry.attachments import push_attachments
from nautiloid.registry.connect import open_repository
from nautiloid.registry.errors import NotInRegistryError, RegistryError
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.settings import SessionSettings
from nautiloid.registry.transfer import RemoteSource, StoreSource, Transferred, pull, push

from ..unit.oci.images import entry, store_image, tar

pytestmark = pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is not installed")

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
QUICK = SessionSettings(backoff=0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _serve(folder: Path, more: str = "") -> Iterator[str]:
    """Run a registry whose storage is a directory; ``more`` is added to its configuration."""
    port = _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http:\n  addr: 127.0.0.1:{port}\n{more}"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _serve(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    """A store with one image of two layers, one of them larger than one piece of an upload."""
    layout = Layout(tmp_path / "store")
    noise = hashlib.shake_256(b"noise").digest(40_000_000)
    store_image(layout, "app:latest", [tar(entry("small", b"octopus")), tar(entry("large", noise))], compress=False)
    return layout


def _push(store: Layout, name: str, settings: SessionSettings = QUICK, **options: object) -> Transferred:
    target = parse_remote_name(name)
    top = store.descriptor_of("app:latest")
    with open_repository(target, settings, push=True) as repository:
        return push(StoreSource(store), top, repository, target.tag, **options)  # type: ignore[arg-type]


def _pull(name: str, folder: Path, settings: SessionSettings = QUICK, **options: object) -> tuple[Layout, Transferred]:
    source, layout = parse_remote_name(name), Layout(folder)
    with open_repository(source, settings) as repository:
        return layout, pull(repository, source.reference, layout, "pulled:latest", **options)  # type: ignore[arg-type]


def test_what_was_pushed_is_pulled_byte_for_byte(registry: str, store: Layout, tmp_path: Path) -> None:
    first = _push(store, f"{registry}/team/app:1")
    assert first.sent > 40_000_000
    assert first.present == first.mounted == 0
    again = _push(store, f"{registry}/team/app:2")
    assert (again.sent, again.present, again.digest) == (0, first.sent, first.digest)

    other, moved = _pull(f"{registry}/team/app:2", tmp_path / "other")
    assert moved.digest == first.digest == store.digest_of("app:latest")
    with open_image("pulled", other) as source:
        for layer in source.image.manifest.layers:
            assert other.read_blob(layer.digest) if layer.size < 1 << 20 else other.has(layer.digest)
    _, nothing = _pull(f"{registry}/team/app@{first.digest}", tmp_path / "other")
    assert (nothing.sent, nothing.present) == (0, first.sent)

    with open_repository(parse_remote_name(f"{registry}/team/app"), QUICK) as repository:
        assert sorted(repository.tags()) == ["1", "2"]


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_skopeo_reads_what_we_push_and_we_read_what_skopeo_pushes(registry: str, store: Layout, tmp_path: Path) -> None:
    moved = _push(store, f"{registry}/skopeo/app:1")
    insecure = ["--tls-verify=false"]
    shown = subprocess.run(
        ["skopeo", "inspect", *insecure, f"docker://{registry}/skopeo/app:1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout)["Digest"] == moved.digest
    copied = f"docker://{registry}/skopeo/copy:1"
    subprocess.run(
        ["skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "v2s2",
         f"docker://{registry}/skopeo/app:1", copied],
        capture_output=True, check=True,
    )  # fmt: skip
    other, _ = _pull(copied, tmp_path / "other")
    with open_image("pulled", other) as source, open_image("app", store) as ours:
        assert source.image.config.diff_ids == ours.image.config.diff_ids
        for layer in source.image.manifest.layers:
            with source.open_layer(layer) as content:
                while content.read(1 << 20):
                    pass


def test_an_index_moves_with_all_its_images_or_with_one(registry: str, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "store")
    members = [
        store_image(layout, "app:latest", [tar(entry("name", str(platform).encode()))], platform=platform)
        for platform in (AMD64, ARM64)
    ]
    index = layout.add_index(members, "app:latest")
    assert _push(layout, f"{registry}/multi/app:1").digest == index.digest
    whole, moved = _pull(f"{registry}/multi/app:1", tmp_path / "whole", everything=True)
    assert moved.digest == index.digest
    assert len(whole.images_behind(whole.descriptor_of("pulled:latest"))) == 2
    one, moved = _pull(f"{registry}/multi/app:1", tmp_path / "one", platform=ARM64)
    assert moved.digest == members[1].digest
    assert one.resolve("pulled:latest", ARM64).config.platform == ARM64
    with pytest.raises(Exception, match="no image for linux/s390x"):
        _pull(f"{registry}/multi/app:1", tmp_path / "none", platform=Platform("linux", "s390x"))


def test_layers_are_mounted_from_another_repository(registry: str, store: Layout) -> None:
    first = _push(store, f"{registry}/from/app:1")
    mounted = _push(store, f"{registry}/to/app:1", mount_from=["from/app"])
    assert (mounted.sent, mounted.mounted) == (0, first.sent)
    absent = _push(store, f"{registry}/else/app:1", mount_from=["nobody/has-it"])
    assert (absent.sent, absent.mounted) == (first.sent, 0)


def test_copies_need_no_store(registry: str, store: Layout) -> None:
    pushed = _push(store, f"{registry}/copy/source:1")
    source, target = parse_remote_name(f"{registry}/copy/source:1"), parse_remote_name(f"{registry}/copy/target:1")
    with open_repository(source, QUICK) as read, open_repository(target, QUICK, push=True) as write:
        moved = push(RemoteSource(read), read.manifest("1").descriptor, write, "1")
    assert (moved.digest, moved.sent) == (pushed.digest, pushed.sent)


def test_referrers_are_found_without_the_newer_api(registry: str, store: Layout) -> None:
    digest = _push(store, f"{registry}/refer/app:1").digest
    with open_repository(parse_remote_name(f"{registry}/refer/app"), QUICK, push=True) as repository:
        assert repository.referrers(digest) == ()
        described = {"mediaType": "application/x-sbom", "digest": digest, "size": 1}
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}
        data = json.dumps(index).encode()
        repository.put_manifest(digest.replace(":", "-"), "application/vnd.oci.image.index.v1+json", data)
        assert [found.media_type for found in repository.referrers(digest)] == ["application/x-sbom"]


def test_what_is_not_there_is_said_plainly(registry: str, tmp_path: Path) -> None:
    with pytest.raises(NotInRegistryError, match="no such thing"):
        _pull(f"{registry}/nobody/nothing:1", tmp_path / "x")
    with pytest.raises(RegistryError, match="cannot be reached"):
        _pull(f"127.0.0.1:{_free_port()}/a/b:1", tmp_path / "x")


@pytest.mark.engine
def test_docker_pulls_and_runs_what_we_push(
    docker_daemon: None, registry: str, probe_store: Layout, tmp_path: Path
) -> None:
    target = parse_remote_name(f"{registry}/docker/probe:1")
    with open_repository(target, QUICK, push=True) as repository:
        push(StoreSource(probe_store), probe_store.descriptor_of("nautiloid/probe:latest"), repository, "1")
    name = f"{registry}/docker/probe:1"
    subprocess.run(["docker", "pull", "-q", name], capture_output=True, check=True)
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", name, "id"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "65532:65532\n"


# -- authentication --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests, and a server certificate that it signed."""

    ca: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("tls")
    now = datetime.datetime.now(datetime.UTC)

    def make(
        name: str, issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None
    ) -> tuple[Path, Path, tuple[x509.Name, ec.EllipticCurvePrivateKey]]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or (subject, key)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(signer[0]).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )  # fmt: skip
        if issuer:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer[1].public_key())
            builder = builder.add_extension(names, critical=False).add_extension(identifier, critical=False)
        else:
            usage = x509.KeyUsage(*(index in (5, 6) for index in range(9)))
            builder = builder.add_extension(usage, critical=True)
        certificate = builder.sign(signer[1], hashes.SHA256())
        (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return folder / f"{name}.crt", folder / f"{name}.key", (subject, key)

    ca, _, issuer = make("ca", None)
    certificate, key, _ = make("server", issuer)
    return Authority(ca, certificate, key)


@pytest.fixture(scope="module")
def guarded(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry with TLS and basic authentication (octo / pus)."""
    bcrypt = pytest.importorskip("bcrypt")
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "htpasswd").write_text(f"octo:{bcrypt.hashpw(b'pus', bcrypt.gensalt(4)).decode()}\n")
    yield from _serve(
        folder,
        f"  tls: {{certificate: {authority.certificate}, key: {authority.key}}}\n"
        f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n",
    )


def _log_in(folder: Path, registry: str, user: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {registry: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


def test_tls_and_basic_authentication(
    guarded: str, authority: Authority, store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = SessionSettings((authority.ca,), backoff=0.01)
    _log_in(tmp_path / "docker", guarded, "octo", "pus", monkeypatch)
    with pytest.raises(RegistryError, match="not trusted") as untrusted:
        _push(store, f"{guarded}/team/app:1")
    assert "--ca-file" in untrusted.value.hint
    moved = _push(store, f"{guarded}/team/app:1", trusting)
    _, pulled = _pull(f"{guarded}/team/app:1", tmp_path / "other", trusting)
    assert pulled.digest == moved.digest

    _log_in(tmp_path / "docker", guarded, "octo", "wrong", monkeypatch)
    with pytest.raises(RegistryError, match="does not accept the credentials") as refused:
        _pull(f"{guarded}/team/app:1", tmp_path / "denied", trusting)
    assert "wrong" not in str(refused.value)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    with pytest.raises(RegistryError, match="requests without credentials"):
        _pull(f"{guarded}/team/app:1", tmp_path / "denied", trusting)


# -- a server between us and the registry, which does what networks do ------------------------------


@dataclass
class Trouble:
    """What the proxy does to requests, and what it saw.

    Attributes:
        cut: Break off the next so many blob answers in the middle.
        refuse: Answer the next so many requests with 429.
        drop: Cut the next so many uploads after their first half has arrived.
        lie: Change a byte of each blob.
    """

    address: str = ""
    upstream: str = ""
    elsewhere: str = ""
    cut: int = 0
    refuse: int = 0
    drop: int = 0
    lie: bool = False
    token: str = ""
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class Proxy(BaseHTTPRequestHandler):
    trouble: Trouble
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def handle_any(self) -> None:
        trouble, headers = self.trouble, dict(self.headers)
        body = self.rfile.read(int(headers.get("Content-Length", 0)))
        trouble.seen.append((self.command, self.path, headers))
        if self.path.startswith("/token"):
            self.grant()
            return
        if trouble.token and headers.get("Authorization") != f"Bearer {trouble.token}":
            challenge = f'Bearer realm="http://{trouble.address}/token",service="s",scope="wanted"'
            self.reply(401, {"WWW-Authenticate": challenge}, b"{}")
            return
        if trouble.refuse:
            trouble.refuse -= 1
            self.reply(429, {"Retry-After": "0"}, b"{}")
            return
        blob = "/blobs/sha256:" in self.path and self.command == "GET"
        if blob and trouble.elsewhere:
            self.reply(307, {"Location": f"http://{trouble.elsewhere}{self.path}"}, b"")
            return
        if trouble.drop and self.command == "PATCH":
            trouble.drop -= 1
            self.connection.shutdown(socket.SHUT_RDWR)  # the registry never saw it
            self.close_connection = True
            return
        forwarded = {name: value for name, value in headers.items() if name not in ("Host", "Authorization")}
        connection = HTTPConnection(trouble.upstream)
        connection.request(self.command, self.path, body, {**forwarded, "Host": trouble.address})
        answer = connection.getresponse()
        data = answer.read()
        if blob and trouble.lie:
            data = bytes([data[0] ^ 1]) + data[1:]
        kept = {name: value for name, value in answer.getheaders() if name.lower() != "transfer-encoding"}
        if blob and trouble.cut and len(data) > 1000:
            trouble.cut -= 1
            self.send_response(answer.status)
            for name, value in kept.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.reply(answer.status, kept, data)

    do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = handle_any  # noqa: N815 - the names that http.server calls

    def grant(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        assert asked["service"] == ["s"]
        assert all(scope.startswith("repository:") for scope in asked["scope"])
        expected = f"Basic {base64.b64encode(b'octo:pus').decode()}"
        granted = self.headers.get("Authorization") == expected
        answer = {"token": self.trouble.token} if granted else {"errors": [{"message": "who are you?"}]}
        self.reply(200 if granted else 401, {}, json.dumps(answer).encode())

    def reply(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@pytest.fixture
def between(registry: str) -> Iterator[Callable[[], Trouble]]:
    servers = []

    def start() -> Trouble:
        trouble = Trouble(upstream=registry)
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Proxy,), {"trouble": trouble}))
        trouble.address = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return trouble

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_broken_connections_are_resumed(between: Callable[[], Trouble], store: Layout, tmp_path: Path) -> None:
    trouble = between()
    trouble.refuse, trouble.drop = 2, 2
    pushed = _push(store, f"{trouble.address}/trouble/app:1")
    trouble.cut, trouble.refuse = 3, 1
    _, pulled = _pull(f"{trouble.address}/trouble/app:1", tmp_path / "other")
    assert pulled.digest == pushed.digest
    resumed = [headers["Range"] for method, path, headers in trouble.seen if "Range" in headers and method == "GET"]
    assert any(span != "bytes=0-" for span in resumed)


def test_a_byte_that_was_changed_on_the_way_is_noticed(
    between: Callable[[], Trouble], store: Layout, tmp_path: Path
) -> None:
    trouble = between()
    _push(store, f"{trouble.address}/lie/app:1")
    trouble.lie = True
    with pytest.raises(IntegrityError):
        _pull(f"{trouble.address}/lie/app:1", tmp_path / "other")
    assert Layout(tmp_path / "other").images() == []


def test_tokens_are_fetched_with_our_credentials_and_go_nowhere_else(
    between: Callable[[], Trouble], store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble, other = between(), between()
    trouble.token = "t0ken"
    _log_in(tmp_path / "docker", trouble.address, "octo", "pus", monkeypatch)
    pushed = _push(store, f"{trouble.address}/token/app:1")
    trouble.elsewhere = other.address.replace("127.0.0.1", "localhost")
    _, pulled = _pull(f"{trouble.address}/token/app:1", tmp_path / "other")
    assert pulled.digest == pushed.digest
    assert any("/blobs/" in path for _, path, _ in other.seen)
    assert all("Authorization" not in headers for _, _, headers in other.seen)
    asked = [path for method, path, _ in trouble.seen if path.startswith("/token")]
    assert 1 <= len(asked) <= 8

    _log_in(tmp_path / "docker", trouble.address, "octo", "wrong", monkeypatch)
    with pytest.raises(RegistryError, match="who are you"):
        _pull(f"{trouble.address}/token/app:1", tmp_path / "denied")


# -- the commands ----------------------------------------------------------------------------------


def test_the_commands_say_what_they_did(
    registry: str, store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAUTILOID_IMAGES", str(store.directory))

    def nautiloid(*args: str, code: int = 0) -> str:
        done = subprocess.run([sys.executable, "-m", "nautiloid", *args], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    digest = store.digest_of("app:latest") or ""
    assert f"{registry}/cli/app:1" in nautiloid("tag", "app", f"{registry}/cli/app:1")
    assert digest in nautiloid("push", f"{registry}/cli/app:1")
    assert "0 B moved" in nautiloid("push", "app", f"{registry}/cli/app:2")
    assert digest in nautiloid("copy", f"{registry}/cli/app:1", f"{registry}/cli/other:1")
    assert digest[:19] in nautiloid("images")
    nautiloid("images", "--remove", "app", "--remove", f"{registry}/cli/app:1")
    assert digest[:19] not in nautiloid("images")
    assert digest in nautiloid("pull", f"{registry}/cli/other:1", "--tag", "back")
    assert "back:latest" in nautiloid("images")
    assert "no such thing" in nautiloid("pull", f"{registry}/cli/nothing:1", code=1)
    assert "not the name" in nautiloid("pull", "Not A Name", code=2)
    assert "There are: back:latest" in nautiloid("push", "nothing", f"{registry}/x/y", code=1)


def test_bills_travel_with_the_image_and_the_registry_lists_them(registry: str, store: Layout) -> None:
    image = store.descriptor_of("app:latest")
    store.attach(Attachment(image, "application/vnd.cyclonedx+json", b'{"bomFormat": "CycloneDX"}', {"a": "b"}))
    store.attach(Attachment(image, "application/spdx+json", b"{}", {}))
    _push(store, f"{registry}/team/attached:1")
    target = parse_remote_name(f"{registry}/team/attached:1")
    with open_repository(target, QUICK, push=True) as repository:
        for _ in range(2):  # pushing again lists nothing twice
            assert push_attachments(store, image.digest, repository) == 2
        listed = repository.referrers(image.digest)
        assert {entry.digest for entry in listed} == {entry.digest for entry in store.attached(image.digest)}
        assert repository.manifest(listed[0].digest).descriptor.digest == listed[0].digest


def test_an_image_is_inspected_straight_from_a_registry(registry: str, store: Layout, tmp_path: Path) -> None:
    _push(store, f"{registry}/team/inspected:1")
    empty = Layout(tmp_path / "empty")
    found = inspect_anything(f"docker://{registry}/team/inspected:1", empty, None, QUICK)
    assert (found.files, found.digest) == (2, store.digest_of("app:latest"))
    assert not (tmp_path / "empty").exists()
