"""A hostile registry, mirror or index: every fault is one error that can be read, soon, and no secret goes astray."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import logging
import time
import tracemalloc
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nautiloid.debian.archive import load_index, pockets
from nautiloid.debian.release import Keyring
from nautiloid.errors import NautiloidError
from nautiloid.net.errors import HttpError
from nautiloid.net.fetch import Fetcher
from nautiloid.net.http import HttpClient, HttpSettings, Retry
from nautiloid.net.store import Store
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.documents import canonical_json
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import MANIFEST
from nautiloid.progress import SILENT
from nautiloid.registry.attachments import push_attachments
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.repository import Repository
from nautiloid.registry.settings import SessionSettings
from nautiloid.registry.transfer import RemoteSource, StoreSource, Transferred, pull, push
from nautiloid.vulns.database.exports import Exports
from nautiloid.vulns.database.update import Lists, update_database

from .. import hostile
from ..hostile import INDEX, SECRETS, Act, Asked, Authority, Fault, Files, Origin, Registry, Reply, Wire, digest_of
from ..unit.debian.conftest import ArchiveDirectory, Signer
from ..unit.oci.images import entry, store_image, tar

SOON = 4.0  # seconds; every limit below is smaller, and this machine may be busy
MOST_SENT = 80 << 20  # bytes that a server gets rid of before its client hangs up
MOST_MEMORY = 40 << 20  # bytes
ESCAPES = "\x1b[31mred\x07\r\n## \u202emd \x9b2J <b>html</b>"
RUBBISH = base64.b85encode(bytes(range(256))) * 2000

Start = Callable[..., Any]


@pytest.fixture(autouse=True)
def surroundings(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, and no other authority than that of the tests."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    for name in urllib.request.getproxies():
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return hostile.make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def start(authority: Authority) -> Iterator[Start]:
    """Start origins of any kind, with TLS or without."""
    started: list[Origin] = []

    def start(kind: type[Origin], *, tls: bool = False, **more: object) -> Origin:
        origin = kind(authority.server if tls else None, **more)  # type: ignore[arg-type]
        started.append(origin)
        return origin

    yield start
    for origin in started:
        origin.close()


def settings(*, tls: bool = False, quick: bool = True) -> SessionSettings:
    """Return how to talk to a registry: with no patience where it shall fail, with some where all shall go well."""
    timeout, patience = (0.15, 0.07) if quick else (5.0, 5.0)
    return SessionSettings(backoff=0.001, timeout=timeout, patience=patience, plain_http=not tls)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A store with one image of one layer."""
    layout = Layout(tmp_path_factory.mktemp("image"))
    top = store_image(layout, "app:latest", [tar(entry("noise", RUBBISH))], compress=False)
    layout.attach(Attachment(top, "application/spdx+json", b"{}", {}))
    return layout


def serve_image(registry: Registry, image: Layout) -> None:
    for file in (image.directory / "blobs" / "sha256").iterdir():
        content = file.read_bytes()
        registry.blobs[f"sha256:{file.name}"] = content
        if content.startswith(b"{"):
            registry.documents[f"sha256:{file.name}"] = (MANIFEST, content)
    registry.documents["latest"] = registry.documents[image.digest_of("app:latest") or ""]


@pytest.fixture
def registry(start: Start, image: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with that image, for which we have a password."""
    origin: Registry = start(Registry)
    serve_image(origin, image)
    log_in(origin, tmp_path, monkeypatch)
    return origin


def log_in(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **auth: str) -> None:
    folder = tmp_path / "docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"auths": {origin.address: auth or hostile.DOCKER_CONFIG}}))
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


@contextlib.contextmanager
def repository(registry: Registry, chosen: SessionSettings, *, push: bool = False) -> Iterator[Repository]:
    with open_repository(parse_remote_name(f"{registry.address}/team/app"), chosen, push=push) as opened:
        yield opened


def pull_to(folder: Path, registry: Registry, chosen: SessionSettings | None = None, **more: Any) -> Transferred:
    with repository(registry, chosen or settings()) as opened:
        return pull(opened, "latest", Layout(folder), "pulled:latest", **more)


def push_from(image: Layout, registry: Registry, chosen: SessionSettings | None = None) -> Transferred:
    with repository(registry, chosen or settings(), push=True) as opened:
        return push(StoreSource(image), image.descriptor_of("app:latest"), opened, "1")


def complaint(work: Callable[[], object], origin: Origin) -> NautiloidError:
    """Return the error that work ends in, which must come soon, be readable, and hold no secret."""
    began = time.monotonic()
    with pytest.raises(NautiloidError) as caught:
        work()
    error = caught.value
    assert time.monotonic() - began < SOON
    assert origin.sent < MOST_SENT
    assert error.message.isprintable()
    assert error.hint
    assert error.hint.isprintable()
    assert len(str(error)) < 1200
    assert not any(secret in str(error) for secret in SECRETS)
    return error


def leftovers(folder: Path) -> list[str]:
    """Return what is in a store beside whole blobs."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return [path.name for path in files if digest_of(path.read_bytes()) != f"sha256:{path.name}"]


def all_of(*tables: dict[str, tuple[str, Act]]) -> list[Any]:
    return [pytest.param(Fault(where, act), id=name) for table in tables for name, (where, act) in table.items()]


def everywhere(faults: dict[str, Act], **places: str) -> dict[str, tuple[str, Act]]:
    """Combine each fault with each place."""
    return {f"{name} {place}": (where, act) for place, where in places.items() for name, act in faults.items()}


TAG, BLOB, GRANT = r"GET .*/manifests/latest$", r"GET .*/blobs/sha256", r"GET /token"

# What no answer may do, whatever it is the answer to.
NO_HTTP: dict[str, Act] = {
    "no status line": hostile.raw(b"\x1b[31mhello\r\n\r\n"),
    "hangs up": hostile.raw(b""),
    "rubbish": hostile.raw(bytes(range(256)) * 1000),
    "length twice": hostile.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n1234"),
    "negative length": hostile.length("-1"),
    "huge length": hostile.length("9" * 30),
    "length of 5000 digits": hostile.length("9" * 5000),
    "length no number": hostile.length("\u00b2"),
    "unknown transfer coding": hostile.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n1234"),
    "a line of 300 kB": hostile.headers(X="x" * 300_000),
    "reason of 90 kB": hostile.raw(b"HTTP/1.1 500 " + b"\x9bno " * 20_000 + b"\r\nContent-Length: 0\r\n\r\n"),
    "headers that trickle": hostile.trickle(0.02, whole_head=False),
    "headers without end": hostile.endless_headers(0.0),
    "headers without end, slowly": hostile.endless_headers(0.05),
    "interim answers for ever": hostile.flood,
    "silence": hostile.silence,
}
SOME = {name: act for name, act in NO_HTTP.items() if name in ("rubbish", "huge length", "headers that trickle")}
NO_BODY: dict[str, Act] = {
    "body that trickles": hostile.trickle(0.02, whole_head=True),
    "chunk's size that trickles": hostile.slow_chunk,
    "longer than stated": hostile.length("half"),
    "shorter than stated": hostile.length("+5"),
    "204": hostile.status(204),
    "304": hostile.status(304),
    "206 unasked": lambda wire, _, reply: wire.reply(
        Reply(206, reply.body[:-1], (*reply.headers, ("Content-Range", f"bytes 0-1/{len(reply.body)}")))
    ),
}
NO_DOCUMENT: dict[str, Act] = {
    "endless": hostile.endless(),
    "endless error": hostile.endless(500),
    "endless refusal": hostile.endless(403),
    "gzip bomb": hostile.encoded("gzip", lambda _: hostile.gzip_bomb()),
    "deflate": hostile.encoded("deflate", zlib.compress),
    "damaged gzip": hostile.encoded("gzip", lambda content: b"\x1f\x8b\x08" + content),
    "truncated gzip": hostile.encoded("gzip", lambda content: gzip.compress(content)[:-9]),
    "unknown encoding": hostile.encoded("\x9b31mzstd, br", lambda content: content),
    "zstd that is none": hostile.encoded("zstd", lambda content: content),
    "no JSON": hostile.body(ESCAPES.encode()),
    "JSON cut short": hostile.body(lambda content: content[:-3]),
    "JSON nested 500 deep": hostile.body(hostile.nested(500)),
    "JSON nested 100000 deep": hostile.body(hostile.nested(100_000)),
    "JSON with NaN": hostile.body(b'{"token": NaN, "schemaVersion": NaN, "config": NaN, "layers": NaN}'),
    "JSON of 5000 digits": hostile.body(b'{"token": ' + b"9" * 5000 + b"}"),
    "JSON list": hostile.body(b'["a"]'),
    "JSON text": hostile.body(b'"text"'),
    "JSON null": hostile.body(b"null"),
    "not UTF-8": hostile.body(b'{"token": "\xff\xfe"}'),
    "UTF-16 halves": hostile.body(b'{"token": "\\ud800", "mediaType": "\\ud800"}'),
    "empty": hostile.body(b""),
}
SOME_DOCUMENTS = {
    name: act
    for name, act in NO_DOCUMENT.items()
    if name in ("endless", "gzip bomb", "JSON nested 100000 deep", "JSON list", "UTF-16 halves", "empty")
}
REDIRECTS: dict[str, Act] = {
    "loop": hostile.to("{path}"),
    "chain": hostile.chain,
    "with an endless body": hostile.endless_redirect,
    "to no scheme that we know": hostile.to("file:///etc/passwd"),
    "to no URL": hostile.to("http://[half"),
    "to a port that is none": hostile.to("http://127.0.0.1:99999999/"),
    "to no host": hostile.to("http:///x"),
    "to a name with escapes": hostile.to("http://\u202e\x9b31m/"),
}


# What only a registry says.
NO_DESCRIPTORS: dict[str, Act] = {
    name: hostile.body(lambda content, change=change: canonical_json(change(json.loads(content))))  # type: ignore[misc]
    for name, change in {
        "negative size": lambda data: data | {"config": data["config"] | {"size": -1}},
        "size true": lambda data: data | {"config": data["config"] | {"size": True}},
        "size of 300 digits": lambda data: data | {"config": data["config"] | {"size": 10**300}},
        "size of a text": lambda data: data | {"config": data["config"] | {"size": ESCAPES * 100}},
        "digest that is a path": lambda data: data | {"config": data["config"] | {"digest": "sha256:../../x"}},
        "digest of escapes": lambda data: data | {"config": data["config"] | {"digest": ESCAPES * 100}},
        "type of escapes": lambda data: data | {"mediaType": ESCAPES},
        "type that ends a header": lambda data: data | {"mediaType": "a/b\r\nX: y"},
        "layers missing": lambda data: data | {"layers": None},
        "layers smaller": lambda data: data | {"layers": [data["layers"][0] | {"size": 10}]},
        "layers larger": lambda data: data | {"layers": [data["layers"][0] | {"size": 10**12}]},
        "another layer": lambda data: data | {"layers": [data["config"] | {"size": 3}]},
    }.items()
} | {
    "another digest in the header": hostile.headers(Docker_Content_Digest=digest_of(b"")),
    "escapes for a digest": hostile.headers(Docker_Content_Digest="sha256:\x1b[31m\x9b2J"),
    "a key twice": hostile.body(lambda content: content.replace(b'"layers"', b'"config":{},"layers"')),
}
NO_RANGES: dict[str, Act] = {
    name: hostile.cut(50, then)
    for name, then in {
        "resumed elsewhere": hostile.headers(Content_Range="bytes 3-9/10"),
        "resumed in other digits": hostile.headers(Content_Range="bytes \u00b2-9/10"),
        "resumed at 5000 digits": hostile.headers(Content_Range=f"bytes {'9' * 5000}-9/10"),
        "resumed without a place": hostile.headers(Content_Range=""),
        "resumed with 416": hostile.status(416),
        "resumed with 304": hostile.status(304),
        "resumed with nothing": hostile.status(206, Content_Range="bytes 50-50/51"),
        "resumed with other bytes": lambda wire, _, reply: wire.reply(
            Reply(206, b"x" * len(reply.body), reply.headers)
        ),
    }.items()
}
NO_TOKENS: dict[str, Act] = {
    name: hostile.body(json.dumps({"token": token}).encode())
    for name, token in {
        "with a line's end": "a\r\nX: y",
        "with escapes": ESCAPES,
        "beyond ASCII": "\u20ac",
        "that is a list": ["a"],
        "of 200 kB": "x" * 200_000,
        "that is empty": "",
    }.items()
}
NO_CHALLENGES = {
    "of no scheme that we know": "Negotiate \x9b31m",
    "without a realm": "Bearer",
    "with a realm that is no URL": 'Bearer realm="http://[half"',
    "with a realm of escapes": 'Bearer realm="\x9b31m\u202e"',
    "for a password, again and again": 'Basic realm="x"',
}
REFUSALS: dict[str, Act] = {
    f"{code} with escapes": hostile.status(code, json.dumps({"errors": [{"message": ESCAPES * 50}] * 9}).encode())
    for code in (401, 403, 404, 500)
} | {
    "errors that are none": hostile.status(400, b'{"errors": {"a": 1}}'),
    "errors that nest": hostile.status(400, b'{"errors": [{"message": ' + b"[" * 900 + b"]" * 900 + b"}]}"),
    "errors not UTF-8": hostile.status(400, b'{"errors": [{"message": "\xff"}]}'),
    "errors in gzip that is none": hostile.encoded("gzip", lambda _: b"x"),
    "100": hostile.raw(b"HTTP/1.1 101 Switching\r\n\r\n"),
    "299": hostile.status(299),
    "300": hostile.status(300),
    "304": hostile.status(304),
}


# -- a registry: pull ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    all_of(
        everywhere(NO_HTTP, of_a_manifest=TAG),
        everywhere(SOME, of_a_blob=BLOB, of_a_token=GRANT),
        everywhere(NO_BODY, of_a_manifest=TAG, of_a_blob=BLOB, of_a_token=GRANT),
        everywhere(NO_DOCUMENT, of_a_manifest=TAG, of_a_token=GRANT),
        everywhere(REDIRECTS, of_a_manifest=TAG, of_a_blob=BLOB),
        everywhere(NO_DESCRIPTORS, of_a_manifest=TAG),
        everywhere(NO_RANGES, of_a_blob=BLOB),
        everywhere(NO_TOKENS, of_a_token=GRANT),
        everywhere(REFUSALS, of_a_manifest=TAG),
    ),
)
def test_a_pull_ends_in_one_error(registry: Registry, tmp_path: Path, fault: Fault) -> None:
    registry.fault = fault
    complaint(lambda: pull_to(tmp_path / "store", registry), registry)
    assert registry.faults
    assert leftovers(tmp_path / "store") == []


def test_a_push_that_is_disturbed_arrives(registry: Registry, image: Layout) -> None:
    before = dict(registry.blobs)
    registry.blobs.clear()
    registry.fault = Fault("PATCH", hostile.status(500), times=2)
    push_from(image, registry, settings(quick=False))
    assert all(registry.blobs[digest] == before[digest] for digest in registry.blobs)
    assert registry.documents["1"] == registry.documents["latest"]


@pytest.mark.parametrize("challenge", [pytest.param(text, id=name) for name, text in NO_CHALLENGES.items()])
@pytest.mark.parametrize("known", [True, False], ids=["password", "nobody"])
def test_a_challenge_that_nobody_can_meet_is_one_error(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, challenge: str, known: bool
) -> None:
    registry.challenge = challenge
    if not known:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    complaint(lambda: pull_to(tmp_path / "store", registry), registry)
    assert len(registry.seen) <= 2


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(hostile.cut(5000), id="broken off, then resumed"),
        pytest.param(hostile.cut(5000, lambda wire, _, reply: wire.send(reply.head() + reply.body[:9000])), id="twice"),
        pytest.param(hostile.status(503, Retry_After="0"), id="busy"),
        pytest.param(hostile.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), id="an interim answer, no other"),
        pytest.param(hostile.silence, id="silent once"),
    ],
)
def test_a_fault_that_passes_is_got_over(registry: Registry, image: Layout, tmp_path: Path, act: Act) -> None:
    registry.fault = Fault(BLOB, act, times=2)
    pulled = pull_to(tmp_path / "store", registry)
    assert pulled.digest == image.digest_of("app:latest")
    assert registry.faults == 2


def test_a_body_that_comes_packed_is_unpacked_within_limits(registry: Registry, image: Layout, tmp_path: Path) -> None:
    registry.fault = Fault(
        TAG, hostile.encoded("gzip", lambda content: gzip.compress(content[:50]) + gzip.compress(content[50:]))
    )
    assert pull_to(tmp_path / "store", registry).digest == image.digest_of("app:latest")


@pytest.mark.parametrize("where", [TAG, GRANT])
def test_a_bomb_is_not_unpacked_into_memory(registry: Registry, tmp_path: Path, where: str) -> None:
    registry.fault = Fault(where, hostile.encoded("gzip", lambda _: hostile.gzip_bomb()))
    hostile.gzip_bomb()
    tracemalloc.start()
    try:
        complaint(lambda: pull_to(tmp_path / "store", registry), registry)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(text, id=name)
        for name, text in {
            "negative": "-5",
            "years": "9" * 9,
            "5000 digits": "9" * 5000,
            "NaN": "NaN",
            "a float": "1e9",
            "another digit": "\u00b2",
            "the past": "Mon, 01 Jan 1990 00:00:00 GMT",
            "the year 9999": "Fri, 31 Dec 9999 23:59:59 -2359",
            "the year 99999": "Mon, 01 Jan 99999 00:00:00 GMT",
            "the year 1": "Mon, 01 Jan 0001 00:00:00 +2359",
            "a strange zone": "Mon, 01 Jan 2024 00:00:00 -99999999",
            "a zone of 300 digits": f"Mon, 01 Jan 2024 00:00:00 -{'9' * 300}",
            "escapes": "\x1b[31mred\x9b2J",
        }.items()
    ],
)
def test_how_long_a_server_makes_us_wait_is_limited(
    start: Start, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("nautiloid.net.http.time", SimpleNamespace(sleep=waits.append))
    origin: Origin = start(Origin)
    origin.fault = Fault("", hostile.status(429, b"later", Retry_After=seconds))
    client = HttpClient(HttpSettings(retry=Retry(tries=3, backoff=0.5, longest=7.0)))
    with contextlib.closing(client), pytest.raises(HttpError, match="429"):
        client.fetch(f"{origin.url}/")
    assert len(waits) == 2
    assert all(0 <= wait <= 7.0 for wait in waits)


# -- a registry: indices that nest -----------------------------------------------------------------


def serve_index(registry: Registry, *below: bytes, name: str = "latest", **more: object) -> bytes:
    entries = [
        {
            "mediaType": INDEX if b"manifests" in one else MANIFEST,
            "digest": digest_of(one),
            "size": len(one),
            "annotations": {"number": str(number)},
        }
        for number, one in enumerate(below)
    ]
    content = canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, **more})
    for known in (name, digest_of(content)):
        registry.documents[known] = (INDEX, content)
    return content


def asked_for_manifests(registry: Registry) -> int:
    return sum("/manifests/" in asked.path for asked in registry.seen)


def test_an_index_that_names_itself_is_refused(registry: Registry, tmp_path: Path) -> None:
    promised = digest_of(b"me")
    entry = {"mediaType": INDEX, "digest": promised, "size": 2}
    content = canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    registry.documents |= {"latest": (INDEX, content), promised: (INDEX, content)}
    complaint(lambda: pull_to(tmp_path / "store", registry, everything=True), registry)
    assert asked_for_manifests(registry) < 5


@pytest.mark.parametrize("depth", [30, 300])
def test_an_index_nests_only_so_deep(registry: Registry, tmp_path: Path, depth: int) -> None:
    content = registry.documents["latest"][1]
    for _ in range(depth):
        content = serve_index(registry, content)
    assert "nests" in complaint(lambda: pull_to(tmp_path / "store", registry, everything=True), registry).message
    assert asked_for_manifests(registry) < 10


def test_a_manifest_that_is_named_often_is_fetched_once(registry: Registry, tmp_path: Path) -> None:
    content = registry.documents["latest"][1]
    for _ in range(4):
        content = serve_index(registry, *[content] * 500)
    pull_to(tmp_path / "store", registry, settings(quick=False), everything=True)
    assert asked_for_manifests(registry) == 6  # with the one that asked for a token
    store = Layout(tmp_path / "store")
    assert len(store.images_behind(store.descriptor_of("pulled:latest"))) == 500


def test_an_index_names_only_so_many_manifests(registry: Registry, tmp_path: Path) -> None:
    entry = {"mediaType": INDEX, "digest": digest_of(b""), "size": 0}
    serve_index(registry, manifests=[entry] * 20_000)
    for pulled in ({"everything": True}, {"everything": False}):
        error = complaint(partial(pull_to, tmp_path / "store", registry, **pulled), registry)
        assert "names 20000 manifests" in error.message


def test_all_that_indices_lead_to_is_limited(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nautiloid.bounds.IMAGE_DOCUMENTS", 20)
    lists = [serve_index(registry, *[serve_index(registry, n=f"{a} {b}") for b in range(9)]) for a in range(9)]
    serve_index(registry, *lists)
    complaint(lambda: pull_to(tmp_path / "store", registry, settings(quick=False), everything=True), registry)
    assert asked_for_manifests(registry) < 40


def test_platforms_with_control_characters_are_quoted(registry: Registry, tmp_path: Path) -> None:
    entry = {
        "mediaType": MANIFEST,
        "digest": digest_of(b""),
        "size": 0,
        "platform": {"os": ESCAPES, "architecture": "x"},
    }
    serve_index(registry, manifests=[entry])
    complaint(lambda: pull_to(tmp_path / "store", registry), registry)


# -- a registry: push, copy, lists -----------------------------------------------------------------


UPLOADS: dict[str, tuple[str, Act]] = {
    "upload nowhere": ("POST", hostile.headers(Location="")),
    "upload to no URL": ("POST", hostile.headers(Location="http://[half")),
    "upload to a file": ("POST", hostile.headers(Location="file:///etc/passwd")),
    "upload to escapes": ("POST", hostile.headers(Location="http://\u202e\x9b31m/")),
    "piece refused": ("PATCH", hostile.status(500, b'{"errors": [{"message": "\\u001b[31m"}]}')),
    "piece leads nowhere": ("PATCH", hostile.headers(Location="http://[half")),
    "how far, in other digits": ("PATCH|GET .*/uploads/", hostile.status(204, Location="/", Range="0-\u00b2")),
    "how far, beyond": ("PATCH|GET .*/uploads/", hostile.status(204, Location="/", Range="0-" + "9" * 15)),
    "how far, 5000 digits": ("PATCH|GET .*/uploads/", hostile.status(204, Location="/", Range="0-" + "9" * 5000)),
    "how far, backwards": ("PATCH|GET .*/uploads/", hostile.status(204, Location="/v2/u", Range="0-7")),
    "how far, nothing": ("PATCH|GET .*/uploads/", hostile.status(204, Location="/v2/u", Range="0-0")),
    "blob not taken": ("PUT .*/uploads/", hostile.status(202)),
    "blob there, perhaps": ("HEAD", hostile.status(206)),
    "manifest stored as another": ("PUT .*/manifests/", hostile.headers(Docker_Content_Digest="\x9b31m\u202esha256:0")),
    "manifest not stored": ("PUT .*/manifests/", hostile.status(200)),
}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    all_of(
        UPLOADS,
        everywhere(SOME, of_an_upload="POST", of_a_stored_manifest="PUT .*/manifests/"),
        everywhere({**REFUSALS, "endless": hostile.endless(201), "endless error": hostile.endless(400)},
                   of_an_upload="POST", of_a_piece="PATCH", of_a_stored_manifest="PUT .*/manifests/"),
        everywhere(REDIRECTS, of_an_upload="POST"),
    ),
)  # fmt: skip
def test_a_push_ends_in_one_error(registry: Registry, image: Layout, fault: Fault) -> None:
    registry.blobs.clear()
    registry.fault = fault
    complaint(lambda: push_from(image, registry), registry)
    assert registry.faults
    assert "1" not in registry.documents


def test_an_upload_that_is_forgotten_again_and_again_ends(
    registry: Registry, image: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nautiloid.registry.repository._PIECE", 100_000)
    registry.blobs.clear()

    def forget(wire: Wire, asked: Asked, reply: Reply) -> None:
        first = asked.header("Content-Range").startswith("0-")
        nothing = Reply(204, b"", (("Location", asked.path), ("Range", "0-0")))
        wire.reply(nothing if asked.method == "GET" else reply if first else Reply(500))

    registry.fault = Fault("PATCH|GET .*/uploads/", forget)
    complaint(lambda: push_from(image, registry), registry)
    assert registry.faults < 60


def test_a_copy_takes_no_type_that_a_header_cannot_carry(registry: Registry, start: Start) -> None:
    target: Registry = start(Registry, guarded=False)
    registry.documents["latest"] = (
        "\u20ac",
        registry.documents["latest"][1].replace(MANIFEST.encode(), b"a/b\\r\\nX: y"),
    )

    def copy() -> None:
        with repository(registry, settings()) as read, repository(target, settings(), push=True) as write:
            push(RemoteSource(read), read.manifest("latest").descriptor, write, "1")

    assert "type" in complaint(copy, registry).message
    assert target.documents == {}


def test_a_reader_that_does_not_read_is_left(start: Start) -> None:
    origin: Origin = start(Origin)
    origin.deaf = True
    client = HttpClient(HttpSettings(timeout=0.2, patience=0.1, retry=Retry(tries=1)))
    with (
        contextlib.closing(client),
        pytest.raises(HttpError),
        client.send("POST", origin.url, content=b"x" * (32 << 20)),
    ):
        pass


LISTS: dict[str, Act] = {
    "pages without end": lambda wire, asked, reply: wire.reply(
        reply.with_headers(Link=f'<?last={len(asked.path)}{asked.path[-1]}>; rel="next"')
    ),
    "a page that leads to itself": lambda wire, asked, reply: wire.reply(
        reply.with_headers(Link=f'<{asked.path}>; rel="next"')
    ),
    "a page that leads to no URL": hostile.headers(Link='<http://[half>; rel="next"'),
    "a page that leads to another host": hostile.headers(Link='<http://127.0.0.2/\x1b[31m>; rel="next"'),
    "a page that leads to another scheme": hostile.headers(Link='<ftp:x>; rel="next"'),
}


@pytest.mark.parametrize(
    "fault",
    all_of(everywhere(LISTS | NO_DOCUMENT, of_tags="/tags/"), everywhere(SOME_DOCUMENTS, of_referrers="/referrers/")),
)
def test_a_list_ends_in_one_error_or_is_empty(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr("nautiloid.bounds.REGISTRY_PAGES", 20)
    registry.fault = fault

    def read() -> None:
        with repository(registry, settings()) as opened:
            found = opened.tags() if "tags" in fault.where else opened.referrers(digest_of(b""))
            if found == ():
                raise NautiloidError("there is nothing", "Fine.")

    complaint(read, registry)
    assert 0 < registry.faults <= 20


def test_tags_that_are_none_are_left_out(registry: Registry) -> None:
    registry.fault = Fault("/tags/", hostile.body(json.dumps({"tags": ["1", ESCAPES, "../x", None, {}, "2"]}).encode()))
    with repository(registry, settings(quick=False)) as opened:
        assert opened.tags() == ("1", "2")


@pytest.mark.parametrize("fault", all_of(everywhere(SOME_DOCUMENTS, of_a_list=r"GET .*/manifests/sha256-")))
def test_attachments_are_listed_or_the_error_is_one(registry: Registry, image: Layout, fault: Fault) -> None:
    registry.fault = fault

    def attach() -> None:
        with repository(registry, settings(), push=True) as opened:
            push_attachments(image, image.digest_of("app:latest") or "", opened)
            raise NautiloidError("it was pushed", "Fine.")

    complaint(attach, registry)
    assert registry.faults


# -- who sees a secret -----------------------------------------------------------------------------

REDIRECTING = [302, 303, 307]


@pytest.fixture
def stranger(start: Start) -> Origin:
    """Another origin: the same host, another port."""
    found: Origin = start(Origin)
    return found


@pytest.mark.parametrize("code", REDIRECTING)
@pytest.mark.parametrize("where", [TAG, BLOB, GRANT, "HEAD", "POST", "PATCH", "PUT .*/uploads", "PUT .*/manifests"])
def test_no_secret_goes_along_a_redirect(
    registry: Registry, stranger: Origin, image: Layout, tmp_path: Path, where: str, code: int
) -> None:
    def redirect(wire: Wire, asked: Asked, _: Reply) -> None:
        cookie = ("Set-Cookie", f"session={hostile.TOKEN}; Path=/")
        user = f"{hostile.USER}@" if code == 303 else ""  # a name that the redirect brings along
        location = ("Location", f"http://{user}{stranger.address}{asked.path}")
        wire.reply(Reply(code, b"", (cookie, location)))

    registry.fault = Fault(where, redirect)
    if where.startswith("GET"):
        complaint(lambda: pull_to(tmp_path / "store", registry), registry)
    else:
        registry.blobs.clear()
        with contextlib.suppress(NautiloidError):
            push_from(image, registry)
    assert registry.faults
    assert registry.secrets_seen()
    assert bool(stranger.seen) == (where != GRANT)
    assert stranger.secrets_seen() == []


def test_no_secret_goes_where_an_upload_is_sent(registry: Registry, stranger: Origin, image: Layout) -> None:
    registry.blobs.clear()
    registry.fault = Fault("POST", hostile.headers(Location=f"{stranger.url}/upload?x=\x9b2J"))
    complaint(lambda: push_from(image, registry), registry)
    assert stranger.seen
    assert stranger.secrets_seen() == []


def test_no_secret_goes_where_a_list_continues(registry: Registry, stranger: Origin) -> None:
    registry.fault = Fault("/tags/", hostile.headers(Link=f'<{stranger.url}/tags>; rel="next"'))
    with repository(registry, settings()) as opened:
        complaint(opened.tags, registry)
    assert registry.secrets_seen()
    assert stranger.seen == []


@pytest.mark.parametrize(
    "realm",
    [
        "http://localhost:{port}/token",
        "http://127.0.0.2:{port}/token",
        "http://[half",
        "\x9b31m\u202e",
        "",
        "file:///x",
    ],
)
@pytest.mark.parametrize("identity", [False, True], ids=["password", "identity token"])
def test_no_secret_goes_to_a_strange_token_server(
    registry: Registry,
    stranger: Origin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    realm: str,
    identity: bool,
) -> None:
    if identity:
        log_in(registry, tmp_path, monkeypatch, identitytoken=hostile.PASSWORD)
    registry.challenge = f'Bearer realm="{realm.format(port=stranger.address.rpartition(":")[2])}",service="s"'
    assert "credentials stay here" in complaint(lambda: pull_to(tmp_path / "store", registry), registry).message
    assert stranger.seen == []


@pytest.mark.parametrize("code", REDIRECTING)
def test_an_identity_token_goes_along_no_redirect(
    registry: Registry, stranger: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    log_in(registry, tmp_path, monkeypatch, identitytoken=hostile.PASSWORD)
    registry.fault = Fault("POST /token", hostile.to(f"{stranger.url}/token", code))
    complaint(lambda: pull_to(tmp_path / "store", registry), registry)
    assert registry.secrets_seen() == ["POST /token"]
    assert stranger.seen == []


@pytest.fixture
def safe_registry(start: Start, image: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry that speaks TLS."""
    origin: Registry = start(Registry, tls=True)
    serve_image(origin, image)
    log_in(origin, tmp_path, monkeypatch)
    return origin


@pytest.mark.parametrize("where", [TAG, BLOB, GRANT])
def test_nothing_is_fetched_without_tls_where_the_registry_has_it(
    safe_registry: Registry, stranger: Origin, tmp_path: Path, where: str
) -> None:
    safe_registry.fault = Fault(where, hostile.to(f"{stranger.url}{{path}}"))
    complaint(lambda: pull_to(tmp_path / "store", safe_registry, settings(tls=True)), safe_registry)
    assert safe_registry.secrets_seen()
    assert stranger.seen == []


def test_no_password_goes_to_a_token_server_without_tls(
    safe_registry: Registry, stranger: Origin, tmp_path: Path
) -> None:
    safe_registry.challenge = f'Bearer realm="{stranger.url}/token",service="s"'
    complaint(lambda: pull_to(tmp_path / "store", safe_registry, settings(tls=True)), safe_registry)
    assert stranger.seen == []


def test_all_goes_well_over_tls(safe_registry: Registry, image: Layout, tmp_path: Path) -> None:
    pulled = pull_to(tmp_path / "store", safe_registry, settings(tls=True, quick=False))
    assert pulled.digest == image.digest_of("app:latest")


def test_a_certificate_that_nobody_vouches_for_is_one_error(
    safe_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "")
    error = complaint(lambda: pull_to(tmp_path / "store", safe_registry, settings(tls=True)), safe_registry)
    assert "not trusted" in error.message
    assert safe_registry.seen == []


def test_the_log_shows_neither_secrets_nor_escapes(
    registry: Registry, stranger: Origin, image: Layout, caplog: pytest.LogCaptureFixture
) -> None:
    registry.blobs.clear()
    registry.fault = Fault("POST", hostile.headers(Location=f"{stranger.url}/\x9b2J\u202e?sig=s3cret-sig"))
    with caplog.at_level(logging.INFO, "nautiloid"):
        complaint(lambda: push_from(image, registry), registry)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("nautiloid")]
    assert any(stranger.url in line for line in said)
    assert all(line.isprintable() and "s3cret" not in line for line in said)


# -- a mirror --------------------------------------------------------------------------------------

PACKAGE = f"Package: app\nVersion: 1\nArchitecture: amd64\nFilename: pool/app.deb\nSize: 8\nSHA256: {'0' * 64}\n\n"
RELEASE, PACKAGES, DEB = "GET .*InRelease", r"GET .*(Packages|by-hash)", r"GET .*\.deb"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.generate()


@pytest.fixture
def mirror(start: Start, signer: Signer, tmp_path: Path) -> Files:
    """A mirror of a signed suite."""
    archive = ArchiveDirectory(tmp_path / "archive", signer)
    archive.publish("bookworm", PACKAGE * 20)
    origin: Files = start(Files)
    origin.files = {
        f"/{path.relative_to(archive.root)}": path.read_bytes() for path in archive.root.rglob("*") if path.is_file()
    }
    return origin


def fetcher(folder: Path, *, quick: bool = True) -> Fetcher:
    timeout, patience = (0.15, 0.07) if quick else (5.0, 5.0)
    return Fetcher(Store(folder), SILENT, backoff=0.001, timeout=timeout, patience=patience)


def load(folder: Path, signer: Signer, *bases: str, quick: bool = True) -> None:
    with fetcher(folder, quick=quick) as opened:
        load_index(
            fetcher=opened,
            mirrors={"debian": bases},
            keyring=Keyring((signer.certificate,)),
            made_of=pockets("bookworm", release_only=True),
        )


def lines_of(error: NautiloidError) -> list[str]:
    """Return the lines of an error that says what each mirror did; each is readable and short."""
    lines = error.message.splitlines()
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert error.hint
    assert not any(secret in str(error) for secret in SECRETS)
    return lines


ON_FILES = {
    "endless": hostile.endless(),
    "endless error": hostile.endless(404),
    "another file": hostile.body(b"anything"),
    "gzip": hostile.encoded("gzip", gzip.compress),
    "gzip bomb": hostile.encoded("gzip", lambda _: hostile.gzip_bomb()),
    "escapes": hostile.body(ESCAPES.encode()),
    "empty": hostile.body(b""),
}


@pytest.mark.parametrize(
    "fault",
    all_of(
        everywhere(NO_HTTP | REDIRECTS, of_the_release=RELEASE),
        everywhere(NO_BODY | ON_FILES, of_the_release=RELEASE, of_the_packages=PACKAGES),
        everywhere(NO_RANGES, of_the_packages=PACKAGES),
    ),
)
def test_a_mirror_that_fails_is_one_error(mirror: Files, signer: Signer, tmp_path: Path, fault: Fault) -> None:
    mirror.fault = fault
    began = time.monotonic()
    with pytest.raises(NautiloidError) as caught:
        load(tmp_path / "store", signer, mirror.url)
    assert time.monotonic() - began < SOON
    assert mirror.sent < MOST_SENT
    assert mirror.faults
    assert len(lines_of(caught.value)) <= 3
    kept = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert all(digest_of(path.read_bytes()) == f"sha256:{path.name}" for path in kept)


def test_a_mirror_that_breaks_off_is_resumed(mirror: Files, signer: Signer, tmp_path: Path) -> None:
    mirror.fault = Fault(PACKAGES, hostile.cut(50), times=1)
    load(tmp_path / "store", signer, mirror.url, quick=False)
    assert [asked.header("Range") for asked in mirror.seen] == ["", "", "bytes=50-"]


@pytest.mark.parametrize("code", REDIRECTING)
def test_a_mirrors_password_goes_along_no_redirect(
    mirror: Files, stranger: Origin, signer: Signer, tmp_path: Path, code: int
) -> None:
    def redirect(wire: Wire, asked: Asked, _: Reply) -> None:
        cookie = ("Set-Cookie", f"session={hostile.TOKEN}; Path=/")
        wire.reply(Reply(code, b"", (cookie, ("Location", f"{stranger.url}{asked.path}"))))

    mirror.fault = Fault(RELEASE, redirect)
    base = f"http://{hostile.USER}:{hostile.PASSWORD}@{mirror.address}"
    with pytest.raises(NautiloidError) as caught:
        load(tmp_path / "store", signer, base)
    lines_of(caught.value)
    assert mirror.secrets_seen()
    assert stranger.seen
    assert stranger.secrets_seen() == []


def test_a_mirror_with_tls_leads_to_none_without(
    start: Start, stranger: Origin, signer: Signer, tmp_path: Path
) -> None:
    mirror: Files = start(Files, tls=True)
    mirror.fault = Fault("", hostile.to(f"{stranger.url}{{path}}"))
    with pytest.raises(NautiloidError, match="TLS"):
        load(tmp_path / "store", signer, mirror.url)
    assert stranger.seen == []


# -- an index of advisories ------------------------------------------------------------------------

ZIP, CHANGES = r"GET /PyPI/all\.zip", r"GET /PyPI/modified"


@pytest.fixture
def advisories(start: Start) -> Files:
    """A host of advisories that has one record."""
    origin: Files = start(Files)
    record = json.dumps({"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "affected": []}).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("PYSEC-1.json", record)
    origin.files = {
        "/PyPI/all.zip": buffer.getvalue(),
        "/PyPI/modified_id.csv": b"2026-01-01T00:00:00Z,PYSEC-1\n",
        "/epss.csv": b"cve,epss,percentile\nCVE-2026-1,0.5,0.5\n",
        "/kev.json": b'{"vulnerabilities": [{"cveID": "CVE-2026-1"}]}',
    }
    return origin


def exports(origin: Origin, *, quick: bool = True) -> Exports:
    timeout, patience = (0.15, 0.07) if quick else (5.0, 5.0)
    return Exports(origin.url, pause=0.001, timeout=timeout, patience=patience, largest=1 << 20)


def update(database: Path, origin: Origin, lists: Lists = Lists("", ""), *, quick: bool = True) -> list[str]:  # noqa: B008
    with contextlib.closing(exports(origin, quick=quick)) as opened:
        return update_database(database, ["PyPI"], opened, lists, whole=True)


@pytest.mark.parametrize(
    "fault",
    all_of(
        everywhere(SOME | REDIRECTS | ON_FILES, of_an_export=ZIP),
        everywhere({name: act for name, act in NO_BODY.items() if "longer" not in name}, of_an_export=ZIP),
        everywhere(NO_RANGES, of_an_export=ZIP),
    ),
)
def test_a_feed_that_fails_is_one_error(advisories: Files, tmp_path: Path, fault: Fault) -> None:
    advisories.fault = fault
    complaint(lambda: update(tmp_path / "db.sqlite", advisories), advisories)
    assert advisories.faults
    assert not (tmp_path / "db.sqlite").exists()


def test_a_feed_that_is_honest_is_read(advisories: Files, tmp_path: Path) -> None:
    lists = Lists(f"{advisories.url}/kev.json", f"{advisories.url}/epss.csv")
    advisories.fault = Fault(CHANGES, hostile.encoded("gzip", gzip.compress))
    said = update(tmp_path / "db.sqlite", advisories, lists, quick=False)
    assert [line.partition(": ")[2] for line in said[1:]] == ["1", "1"]
    with contextlib.closing(exports(advisories, quick=False)) as opened:
        assert opened.changes("PyPI") == {"PYSEC-1": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("fault", all_of(everywhere(NO_BODY | REDIRECTS | SOME, of_a_list=CHANGES)))
def test_a_list_of_changes_is_one_error_or_empty(
    advisories: Files, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr("nautiloid.bounds.ADVISORY_LIST", 1 << 20)
    advisories.fault = fault

    def read() -> None:
        with contextlib.closing(exports(advisories)) as opened:
            assert opened.changes("PyPI") == {}
            raise NautiloidError("there is nothing", "Fine.")

    complaint(read, advisories)
    assert advisories.faults


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(hostile.nested(100_000), id="nested 100000 deep"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"vulnerabilities": [{"cveID": "\xff"}]}', id="not UTF-8"),
        pytest.param(ESCAPES.encode(), id="escapes"),
        pytest.param(f"cve,epss,percentile\nCVE-2026-1,{ESCAPES},0\n".encode(), id="escapes for a number"),
        pytest.param(gzip.compress(b"x" * 1000)[:-9], id="truncated gzip"),
        pytest.param(hostile.gzip_bomb(), id="gzip bomb"),
    ],
)
def test_lists_that_cannot_be_read_are_said_on_a_line(
    advisories: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("nautiloid.bounds.ADVISORY_LIST", 1 << 20)
    advisories.files["/bad"] = content
    said = update(
        tmp_path / "db.sqlite", advisories, Lists(f"{advisories.url}/bad", f"{advisories.url}/bad"), quick=False
    )
    assert all("left as they were" in line and line.isprintable() and len(line) < 500 for line in said[1:])


def test_nobody_says_that_nothing_changed_unasked(advisories: Files, tmp_path: Path) -> None:
    """A host that answers 304 to who has nothing yet would leave a database that only seems to be there."""
    advisories.fault = Fault(ZIP, hostile.status(304))
    assert "304" in complaint(lambda: update(tmp_path / "db.sqlite", advisories), advisories).message
