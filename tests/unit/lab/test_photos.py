from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nautiloid.errors import NautiloidError, UsageError
from nautiloid.lab import photos
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _manifest(files: dict[str, bytes]) -> dict[str, str]:
    return {hashlib.sha256(data).hexdigest(): path for path, data in files.items()}


WANTED = {
    f"{photos.DATA_SET}/train/octopus/1.jpg": b"eight arms",
    f"{photos.TEST_IMAGES}/whale.jpg": b"large",
}


def test_photos_are_known_by_their_hash_wherever_the_archive_has_them(tmp_path: Path) -> None:
    archive = _archive({"repo-main/x/a.jpg": b"eight arms", "repo-main/w.jpg": b"large", "repo-main/README": b"no"})
    photos.collect_photos(archive, _manifest(WANTED), tmp_path / "photos")
    assert {p.relative_to(tmp_path / "photos").as_posix() for p in (tmp_path / "photos").rglob("*.jpg")} == set(WANTED)


def test_a_changed_photo_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    archive = _archive({"a.jpg": b"eight arms", "w.jpg": b"tampered"})
    with pytest.raises(NautiloidError, match="1 of 2"):
        photos.collect_photos(archive, _manifest(WANTED), tmp_path / "photos")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "archive", [b"", b"not a tar", _archive({"a": b"x" * 9000})[:100]], ids=["empty", "no tar", "cut short"]
)
def test_a_broken_archive_is_a_clear_error(tmp_path: Path, archive: bytes) -> None:
    with pytest.raises(NautiloidError):
        photos.collect_photos(archive, _manifest(WANTED), tmp_path / "photos")


def test_a_directory_of_ones_own_must_hold_the_data_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="train"), Fetcher(Store(tmp_path / "s"), SILENT) as fetcher:
        photos.find_photos(tmp_path, tmp_path, fetcher)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_download_is_verified_cached_and_used_again(
    served: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = served
    monkeypatch.delenv("NAUTILOID_DATA", raising=False)
    monkeypatch.setenv("NAUTILOID_PHOTOS_URL", f"{url}/photos.tar.gz")
    (folder / "photos.tar.gz").write_bytes(_archive({"a": b"eight arms", "b": b"large"}))
    monkeypatch.setattr(photos, "read_manifest", lambda: _manifest(WANTED))
    with Fetcher(Store(tmp_path / "s"), SILENT) as fetcher:
        first = photos.find_photos(None, tmp_path, fetcher)
        (folder / "photos.tar.gz").unlink()
        second = photos.find_photos(None, tmp_path, fetcher)
    assert first is not None
    assert second is not None
    assert "downloaded" in first.origin
    assert "cached" in second.origin


def test_without_photos_there_is_none(
    served: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAUTILOID_DATA", raising=False)
    monkeypatch.setenv("NAUTILOID_PHOTOS_URL", f"{served[0]}/none.tar.gz")
    with Fetcher(Store(tmp_path / "s"), SILENT, backoff=0) as fetcher:
        assert photos.find_photos(None, tmp_path, fetcher) is None


def test_the_shipped_manifest_names_the_whole_data_set() -> None:
    paths = photos.read_manifest().values()
    assert len(paths) == 183
    assert sum(path.startswith(f"{photos.DATA_SET}/val/") for path in paths) == 60
