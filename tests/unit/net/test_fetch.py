from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nautiloid.errors import NautiloidError
from nautiloid.net.fetch import Download, Fetcher, FetchError
from nautiloid.net.store import Store
from nautiloid.progress import SILENT, Task
from nautiloid.version import __version__

CONTENT = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DROPPED_AT = 300_000


@dataclass
class Mirror:
    """A real HTTP server whose faults are chosen by the first part of the path."""

    base: str
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)


class Handler(BaseHTTPRequestHandler):
    mirror: Mirror

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        _, fault, name = self.path.split("/", 2)
        wanted_range = self.headers["Range"]
        before = [path for path, _ in self.mirror.requests].count(self.path)
        self.mirror.requests.append((self.path, wanted_range))
        self.mirror.agents.add(self.headers["User-Agent"])
        start = int(wanted_range.removeprefix("bytes=").removesuffix("-")) if wanted_range else 0
        match fault:
            case "good":
                self.answer(CONTENT)
            case "small":
                self.answer(name.encode())
            case "lying":
                self.answer(b"\0" * len(CONTENT))
            case "long":
                self.answer(CONTENT * 2)
            case "short":
                self.answer(CONTENT[:-1])
            case "moody" if before < 2:
                self.send_error(503)
            case "moody":
                self.answer(CONTENT)
            case "trickling":
                self.send_response(200)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    for byte in CONTENT[:200]:
                        self.wfile.write(bytes([byte]))
                        time.sleep(0.02)
            case "broken":
                self.send_error(500)
            case "moved":
                self.send_response(302)
                self.send_header("Location", f"/good/{name}")
                self.end_headers()
            case "drops" if before == 0:
                self.answer(CONTENT, cut=DROPPED_AT)
            case "drops":
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
                self.send_header("Content-Length", str(len(CONTENT) - start))
                self.end_headers()
                self.wfile.write(CONTENT[start:])
            case "dropsrangeless" if before == 0:
                self.answer(CONTENT, cut=DROPPED_AT)
            case "dropsrangeless":
                self.answer(CONTENT)
            case _:
                self.send_error(404)

    def answer(self, content: bytes, cut: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut])


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    handler = type("BoundHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.mirror = Mirror(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield handler.mirror
        server.shutdown()
        thread.join()


class Counter:
    """A progress observer that adds up."""

    def __init__(self) -> None:
        self.titles: list[tuple[str, int | None]] = []
        self.done = 0

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        assert unit == "bytes"
        self.titles.append((title, total))
        yield self

    def advance(self, amount: int) -> None:
        self.done += amount

    def note(self, message: str) -> None:
        pass


@pytest.fixture
def progress() -> Counter:
    return Counter()


@pytest.fixture
def fetcher(tmp_path: Path, progress: Counter) -> Iterator[Fetcher]:
    with Fetcher(Store(tmp_path / "cache"), progress, backoff=0.001) as fetcher:
        yield fetcher


def fetch(fetcher: Fetcher, mirror: Mirror, *faults: str) -> Path:
    return fetcher.fetch(
        "pool/file", mirrors=[f"{mirror.base}/{fault}" for fault in faults], sha256=SHA256, size=len(CONTENT)
    )


@pytest.mark.parametrize("fault", ["good", "moody", "moved", "drops", "dropsrangeless"])
def test_a_file_arrives_whatever_the_network_does(
    fetcher: Fetcher, mirror: Mirror, progress: Counter, fault: str
) -> None:
    assert fetch(fetcher, mirror, fault).read_bytes() == CONTENT
    assert progress.done == len(CONTENT)
    assert mirror.agents == {f"nautiloid/{__version__}"}


def test_a_broken_connection_is_resumed_where_it_broke(fetcher: Fetcher, mirror: Mirror) -> None:
    fetch(fetcher, mirror, "drops")
    assert [wanted for _, wanted in mirror.requests] == [None, f"bytes={DROPPED_AT}-"]


def test_the_second_time_nothing_is_asked(fetcher: Fetcher, mirror: Mirror) -> None:
    first = fetch(fetcher, mirror, "good")
    assert fetch(fetcher, mirror, "good") == first
    assert len(mirror.requests) == 1


@pytest.mark.parametrize("fault", ["lying", "long", "short", "broken", "absent"])
def test_the_next_mirror_makes_up_for_a_bad_one(
    fetcher: Fetcher, mirror: Mirror, progress: Counter, fault: str
) -> None:
    assert fetch(fetcher, mirror, fault, "good").read_bytes() == CONTENT
    assert progress.done == len(CONTENT)


def test_a_mirror_that_trickles_is_left_for_the_next(mirror: Mirror, progress: Counter, tmp_path: Path) -> None:
    with Fetcher(Store(tmp_path / "slow"), progress, backoff=0.001, patience=0.3) as impatient:
        assert fetch(impatient, mirror, "trickling", "good").read_bytes() == CONTENT
        with pytest.raises(FetchError, match="bytes in 0 s"):
            impatient.fetch("absent", mirrors=[f"{mirror.base}/trickling"], sha256="0" * 64)


def test_the_error_says_what_each_mirror_did_wrong(fetcher: Fetcher, mirror: Mirror) -> None:
    unreachable = "http://someone:secret@127.0.0.1:1/debian"
    bases = [f"{mirror.base}/{fault}" for fault in ("lying", "long", "broken", "absent")]
    with pytest.raises(FetchError) as caught:
        fetcher.fetch("pool/file", mirrors=[*bases, unreachable], sha256=SHA256, size=len(CONTENT))
    lines = caught.value.message.splitlines()
    assert [line.split(": ")[0].strip() for line in lines[1:]] == [*bases, "http://127.0.0.1:1/debian"]
    for line, reason in zip(lines[1:5], ("sha256", "more than", "500", "404"), strict=True):
        assert reason in line
    assert "secret" not in str(caught.value)
    assert [path for path, _ in mirror.requests].count("/broken/pool/file") == 3
    assert [path for path, _ in mirror.requests].count("/absent/pool/file") == 1


def test_names_are_encoded_for_the_url(fetcher: Fetcher, mirror: Mirror) -> None:
    fetcher.fetch("pool/a b+c~d.deb", mirrors=[f"{mirror.base}/good/"], sha256=SHA256)
    assert mirror.requests[0][0] == "/good/pool/a%20b%2Bc~d.deb"


def test_a_directory_is_a_mirror_too(fetcher: Fetcher, tmp_path: Path) -> None:
    base = tmp_path / "a mirror"
    (base / "pool").mkdir(parents=True)
    (base / "pool" / "c++.deb").write_bytes(CONTENT)
    path = fetcher.fetch("pool/c++.deb", mirrors=["file:///absent", base.as_uri()], sha256=SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT
    assert fetcher.fetch_unpinned("pool/c++.deb", [base.as_uri()], len(CONTENT)) == CONTENT


def test_an_unpinned_file_may_not_grow_without_bound(fetcher: Fetcher, mirror: Mirror) -> None:
    assert fetcher.fetch_unpinned("InRelease", [f"{mirror.base}/small"], 100) == b"InRelease"
    with pytest.raises(FetchError, match="more than 100 bytes"):
        fetcher.fetch_unpinned("InRelease", [f"{mirror.base}/good"], 100)


def small_files(mirror: Mirror, names: list[str]) -> list[Download]:
    return [
        Download(name, (f"{mirror.base}/small",), hashlib.sha256(name.encode()).hexdigest(), len(name), name)
        for name in names
    ]


def test_many_files_are_one_task(fetcher: Fetcher, mirror: Mirror, progress: Counter) -> None:
    downloads = small_files(mirror, [f"file{number}" for number in range(40)])
    paths = fetcher.fetch_all([*downloads, downloads[0]], title="Fetch packages")
    assert {sha256: path.read_text() for sha256, path in paths.items()} == {d.sha256: d.path for d in downloads}
    assert progress.titles == [("Fetch packages", progress.done)]
    assert len(mirror.requests) == 40


def test_one_missing_file_fails_the_batch_by_name(fetcher: Fetcher, mirror: Mirror) -> None:
    downloads = small_files(mirror, ["one", "two"])
    absent = Download("three", (f"{mirror.base}/absent",), "3" * 64, 5, "three")
    with pytest.raises(FetchError, match="three"):
        fetcher.fetch_all([downloads[0], absent, downloads[1]])


def test_offline_names_what_is_missing_and_asks_nobody(tmp_path: Path, mirror: Mirror) -> None:
    downloads = small_files(mirror, ["one", "two", "three"])
    store = Store(tmp_path / "cache")
    store.put([b"two"])
    with Fetcher(store, SILENT, offline=True) as fetcher:
        assert list(fetcher.fetch_all([downloads[1]])) == [downloads[1].sha256]
        with pytest.raises(FetchError, match=r"run: one, three\n"):
            fetcher.fetch_all(downloads)
        with pytest.raises(FetchError, match="offline"):
            fetcher.fetch_unpinned("InRelease", [f"{mirror.base}/small"])
    assert mirror.requests == []


def test_a_cache_that_cannot_be_written_is_not_blamed_on_the_mirror(tmp_path: Path, mirror: Mirror) -> None:
    (tmp_path / "cache").write_text("in the way")
    with Fetcher(Store(tmp_path / "cache"), SILENT) as fetcher:
        with pytest.raises(NautiloidError, match="Cannot write to the cache") as caught:
            fetch(fetcher, mirror, "good")
        assert not isinstance(caught.value, FetchError)
