"""Images from wherever they may lie: directories, archives, registries, a Docker engine's socket."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import zstandard

from nautiloid.errors import IntegrityError, NautiloidError, UsageError
from nautiloid.images.inspecting import inspect_anything, open_anywhere
from nautiloid.images.peekable import PeekableBlob
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.archive import write_archive
from nautiloid.oci.layout import Layout
from nautiloid.registry.settings import SessionSettings

from ..inspection.images import image_of
from ..inspection.test_image import LOCAL, OS_RELEASE, _distribution

FILES = [OS_RELEASE, *_distribution(LOCAL, "a", "1.0", "a.py")]


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    with image_of(tmp_path, FILES):
        return Layout(tmp_path / "layout")


def _names(found: Inspection) -> list[str]:
    return [component.name for component in found.packages]


@pytest.mark.parametrize("scheme", ["", "oci:", "oci-archive:", "docker-archive:"])
def test_layouts_and_archives_by_every_spelling(store: Layout, tmp_path: Path, scheme: str) -> None:
    archive = tmp_path / "image.tar"
    write_archive(store, store.resolve("test:latest"), "test:latest", archive)
    place = store.directory if scheme == "oci:" else archive
    assert _names(inspect_anything(f"{scheme}{place}", store)) == ["a"]


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_compressed_archives_are_read_and_broken_ones_refused(store: Layout, tmp_path: Path, form: str) -> None:
    plain = tmp_path / "image.tar"
    write_archive(store, store.resolve("test:latest"), "test:latest", plain)
    content = plain.read_bytes()
    packed = gzip.compress(content) if form == "gzip" else zstandard.ZstdCompressor().compress(content)
    (tmp_path / "packed").write_bytes(packed)
    assert _names(inspect_anything(str(tmp_path / "packed"), store)) == ["a"]
    for name, cut in (("half", packed[: len(packed) // 2]), ("short", content[: len(content) // 2]), ("no", b"no tar")):
        (tmp_path / name).write_bytes(cut)
        with pytest.raises(NautiloidError):
            inspect_anything(str(tmp_path / name), store)
    assert {path.name for path in tmp_path.iterdir()} == {"layout", "image.tar", "packed", "half", "short", "no"}


def test_a_directory_is_read_as_it_is(store: Layout, tmp_path: Path) -> None:
    root = tmp_path / "root"
    for file in FILES:
        (root / file.path).parent.mkdir(parents=True, exist_ok=True)
        (root / file.path).write_bytes(file.content)
    (root / "out").symlink_to("/etc")
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/tool").write_bytes(b"#!/bin/sh\n")
    (root / "usr/bin/tool").chmod(0o755)
    os.link(root / "usr/bin/tool", root / "usr/bin/twin")
    os.mkfifo(root / "pipe")
    for name in (str(root), f"dir:{root}"):
        found = inspect_anything(name, store)
        assert _names(found) == ["a"]
        assert [file.path for file in found.surface.executables] == ["usr/bin/tool"]
        assert found.digest == ""
        assert found.distribution_id == "debian"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(store: Layout, tmp_path: Path) -> None:
    (tmp_path / "root/closed").mkdir(parents=True)
    (tmp_path / "root/closed").chmod(0)
    assert inspect_anything(f"dir:{tmp_path / 'root'}", store).skipped[0].where == "/closed"


@pytest.mark.parametrize(
    "name", ["dir:/nowhere", "ftp://x", "docker-archive:/nowhere.tar", "nobody/has-this", "/nowhere"]
)
def test_what_is_not_there_is_said_in_one_error(store: Layout, name: str) -> None:
    with pytest.raises(NautiloidError):
        inspect_anything(name, store)


def test_an_unknown_scheme_lists_the_known_ones(store: Layout) -> None:
    with pytest.raises(UsageError) as caught:
        inspect_anything("s3://bucket/image", store)
    assert "docker-daemon:" in caught.value.hint


class _Registry(BaseHTTPRequestHandler):
    """Answers as a registry does, out of a layout."""

    layout: Layout
    damaged = False

    def do_GET(self) -> None:
        kind, _, reference = self.path.removeprefix("/v2/").rpartition("/")
        image = self.layout.resolve("test:latest")
        digest = image.digest if reference == "latest" else reference
        if not self.path.startswith("/v2/team/image/"):
            self._answer(404 if self.path != "/v2/" else 200, b"{}", "application/json")
            return
        if not self.layout.has(digest):
            self._answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}', "application/json")
            return
        content = self.layout.blob_path(digest).read_bytes()
        if self.damaged and digest == image.manifest.layers[0].digest:
            content = content[:600] + b"!" + content[601:]
        manifest = kind.endswith("manifests")
        self._answer(200, content, image.descriptor.media_type if manifest else "application/octet-stream")

    def _answer(self, status: int, content: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry(store: Layout) -> Iterator[tuple[str, type[_Registry]]]:
    handler = type("Handler", (_Registry,), {"layout": store})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"docker://127.0.0.1:{server.server_address[1]}/team/image", handler
        server.shutdown()


def test_a_registry_is_read_without_storing_anything(
    store: Layout, registry: tuple[str, type[_Registry]], tmp_path: Path
) -> None:
    name, handler = registry
    settings = SessionSettings(plain_http=True, backoff=0.01)
    found = inspect_anything(name, Layout(tmp_path / "empty"), None, settings)
    assert _names(found) == ["a"]
    assert found.digest == store.resolve("test:latest").digest
    assert not (tmp_path / "empty").exists()
    with pytest.raises(NautiloidError):
        inspect_anything(f"{name}:missing", store, None, settings)
    handler.damaged = True
    with pytest.raises(NautiloidError):
        inspect_anything(name, store, None, settings)


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


@pytest.fixture
def engine(store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    archive = tmp_path / "saved.tar"
    write_archive(store, store.resolve("test:latest"), "test:latest", archive)

    class Handler(_Registry):
        def address_string(self) -> str:
            return "socket"

        def do_GET(self) -> None:
            if self.path == "/images/team/test:1/get":
                self._answer(200, archive.read_bytes(), "application/x-tar")
            else:
                self._answer(404, json.dumps({"message": "No such image"}).encode(), "application/json")

    place = f"/tmp/nautiloid-test-{os.getpid()}.sock"
    with _UnixServer(place, Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
        yield
        server.shutdown()
    Path(place).unlink()


def test_a_docker_engine_is_asked_through_its_socket(engine: None, store: Layout) -> None:
    assert _names(inspect_anything("docker-daemon:team/test:1", store)) == ["a"]
    assert _names(inspect_anything("docker-daemon://team/test:1", store)) == ["a"]
    with pytest.raises(NautiloidError, match="no image other"):
        inspect_anything("docker-daemon:other", store)


def test_an_engine_that_is_not_there(store: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(NautiloidError, match="cannot be asked") as caught:
        inspect_anything("docker-daemon:x", store)
    assert "docker://" in caught.value.hint
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@somewhere")
    with pytest.raises(NautiloidError, match="cannot be read from"):
        inspect_anything("docker-daemon:x", store)


def test_a_stream_can_be_rewound_at_its_beginning_and_is_checked_at_its_end() -> None:
    content = bytes(range(256)) * 40
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    stream = PeekableBlob(iter([content[:100], b"", content[100:]]), digest)
    assert stream.read(4) == content[:4]
    stream.seek(0)
    read = b"".join(iter(lambda: stream.read(1000), b""))
    assert read == content
    wrong = PeekableBlob(iter([content[:-1]]), digest)
    with pytest.raises(IntegrityError):
        while wrong.read(1000):
            pass


def test_a_directory_tree_is_no_image_to_be_opened(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(UsageError, match="no image"), open_anywhere(f"dir:{tmp_path}", Layout(tmp_path / "store")):
        pass
