from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.net.store import Store

CONTENT = b"ink" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_was_put_is_found_by_its_hash(store: Store) -> None:
    stored = store.put([CONTENT[:7], b"", CONTENT[7:]], sha256=SHA256, size=len(CONTENT))
    assert (stored.sha256, stored.size) == (SHA256, len(CONTENT))
    assert store.get(SHA256) == stored.path == store.path_of(SHA256)
    assert stored.path.read_bytes() == CONTENT
    assert files_below(store.root) == [stored.path]


def test_content_without_a_promise_is_hashed(store: Store) -> None:
    assert store.put([CONTENT]).sha256 == SHA256


def test_an_empty_file_can_be_stored(store: Store) -> None:
    stored = store.put([])
    assert store.get(stored.sha256) == stored.path


@pytest.mark.parametrize(
    ("sha256", "size"),
    [("0" * 64, None), (SHA256, len(CONTENT) - 1), (SHA256, len(CONTENT) + 1), ("0" * 64, len(CONTENT))],
)
def test_nothing_is_kept_of_a_broken_promise(store: Store, sha256: str, size: int | None) -> None:
    with pytest.raises(IntegrityError):
        store.put([CONTENT], sha256=sha256, size=size)
    assert files_below(store.root) == []


def test_reading_stops_when_there_is_more_than_promised(store: Store) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1024

    with pytest.raises(IntegrityError, match="4096"):
        store.put(endless(), size=4096)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, SHA256 + "\n", SHA256[:-1]])
def test_a_name_that_is_no_hash_is_refused(store: Store, name: str) -> None:
    with pytest.raises(NautiloidError):
        store.path_of(name)


def test_rotten_files_are_noticed(store: Store) -> None:
    path = store.put([CONTENT]).path
    path.chmod(0o644)
    path.write_bytes(b"rot" + CONTENT[3:])
    assert store.get(SHA256) == path
    assert store.get(SHA256, size=1) is None
    assert store.get(SHA256, verify=True) is None
    assert not path.exists()


def test_a_file_emptied_by_a_power_cut_is_absent(store: Store) -> None:
    path = store.put([CONTENT]).path
    path.chmod(0o644)
    path.write_bytes(b"")
    assert store.get(SHA256) is None


def test_adopting_moves_only_what_verifies(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "wheel"
    file.write_bytes(CONTENT)
    with pytest.raises(IntegrityError):
        store.adopt(file, "0" * 64)
    assert file.exists()
    assert store.adopt(file, SHA256).path.read_bytes() == CONTENT
    assert not file.exists()


def test_a_full_disk_is_said_plainly_and_leaves_nothing(store: Store) -> None:
    def full() -> Iterator[bytes]:
        yield CONTENT
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(NautiloidError, match="No space") as caught:
        store.put(full())
    assert "NAUTILOID_CACHE" in caught.value.hint
    assert files_below(store.root) == []


def test_a_root_that_is_a_file_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("not a directory")
    with pytest.raises(NautiloidError, match="Cannot write to the cache"):
        Store(tmp_path / "cache").put([CONTENT])


def test_leftovers_of_killed_processes_go_after_a_day(store: Store) -> None:
    incoming = store.root / "incoming"
    incoming.mkdir(parents=True)
    old, young = incoming / "old", incoming / "young"
    old.touch()
    young.touch()
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    store.put([CONTENT])
    assert files_below(incoming) == [young]


def _put_slowly(root: Path) -> str:
    return Store(root).put((CONTENT[i : i + 10] for i in range(0, len(CONTENT), 10)), sha256=SHA256).sha256


def test_processes_may_put_the_same_content_at_once(store: Store) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert set(pool.map(_put_slowly, [store.root] * 12)) == {SHA256}
    assert store.get(SHA256, verify=True)
    assert len(files_below(store.root)) == 1
