"""What goes wrong on real machines: kills at any moment, two builds at once, a full disk, a changed cache."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.factory.lockfile import read_lock
from nautiloid.oci.layout import Layout

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="no Debian mirror: apt has no sources here"),
]

NAME = "nautiloid/python:latest"

# What a build that began with an empty cache has made by when: the moments to kill it at, and how many whole blobs
# there must be by then.
MOMENTS = {
    "cache/build-*": 0,  # it unpacks
    "cache/build-*/interpreter": 0,  # it compiles modules
    "images/.new-*": 0,  # it writes layers
    "images/blobs/sha256/*": 1,  # one layer is whole
    "images/index.json": 4,  # two layers, configuration and manifest are whole; the bills are not there yet
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory with a lock, a cache that shares nothing with others but the downloads, and an empty store."""
    downloads = places.cache_directory() / "store"
    downloads.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/store").symlink_to(downloads)
    _command(tmp_path, "lock", "python").communicate(timeout=300)
    return tmp_path


def _command(
    place: Path, *args: str, limit: Callable[[], None] | None = None, cache: Path | None = None
) -> subprocess.Popen[str]:
    environment = {**os.environ, "NAUTILOID_CACHE": str(cache or place / "cache")}
    environment["NAUTILOID_IMAGES"] = str(place / "images")
    command = [sys.executable, "-m", "nautiloid", *args]
    return subprocess.Popen(
        command, cwd=place, env=environment, preexec_fn=limit,  # noqa: PLW1509 - these tests have one thread
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def _build(place: Path, limit: Callable[[], None] | None = None, cache: Path | None = None) -> subprocess.Popen[str]:
    options = ("--locked", "--offline", "--no-test", "--rebuild")
    return _command(place, "build", "python", *options, limit=limit, cache=cache)


def _digest(place: Path) -> str | None:
    """Return what the name stands for; a store of which nobody wrote the first page yet has no names."""
    store = place / "images"
    return Layout(store).digest_of(NAME) if (store / "index.json").exists() else None


def _cold(place: Path, name: str) -> Path:
    """Return a place of its own inside of another: the same lock and downloads, but nothing made of them yet."""
    cold = place / name
    (cold / "cache").mkdir(parents=True)
    (cold / "cache/store").symlink_to(places.cache_directory() / "store")
    shutil.copy(place / "python.lock", cold)
    return cold


def _kill_at(moment: str, place: Path) -> None:
    """Start a build, and kill it as soon as there is a file of this pattern; it must not have ended before."""
    build = _build(place)
    try:
        while build.poll() is None and not any(place.glob(moment)):
            time.sleep(0.002)
    finally:
        build.kill()
    _, said = build.communicate()
    # A process that had ended by itself has an exit code of its own, also where the kill came a moment too late.
    assert build.returncode == -signal.SIGKILL, f"the build had ended ({build.returncode}) before {moment}: {said}"


def _check_blobs(place: Path, at_least: int, when: str) -> None:
    blobs = list(place.glob("images/blobs/sha256/*"))
    assert len(blobs) >= at_least, f"nothing to check after {when}"
    for blob in blobs:
        checked = subprocess.run(["sha256sum", blob], capture_output=True, text=True, check=True)
        assert checked.stdout.split()[0] == blob.name, f"half-written after {when}"


def test_a_build_killed_at_any_moment_harms_nothing(place: Path) -> None:
    whole = _cold(place, "whole")
    _, said = _build(whole).communicate(timeout=120)
    digest = _digest(whole)
    assert digest is not None, said
    for number, (moment, blobs) in enumerate(MOMENTS.items()):
        killed = _cold(place, f"killed-{number}")
        _kill_at(moment, killed)
        _check_blobs(killed, blobs, moment)
        assert _digest(killed) is None or moment == "images/index.json"
        after = _build(killed)
        _, said = after.communicate(timeout=120)
        assert after.returncode == 0, f"after {moment}: {said}"
        assert _digest(killed) == digest, f"another image after {moment}"
        _check_blobs(killed, 4, f"the build after {moment}")


def test_two_builds_at_once_share_one_cache_and_one_store(place: Path) -> None:
    builds = [_build(place) for _ in range(3)]
    for build in builds:
        _, said = build.communicate(timeout=180)
        assert build.returncode == 0, said
    store = Layout(place / "images")
    assert [name for name, _ in store.images()] == [NAME]
    for layer in store.resolve(NAME).manifest.layers:
        assert store.has(layer.digest)


def test_a_full_disk_is_said_in_one_line_and_the_next_build_works(place: Path) -> None:
    def few_bytes() -> None:
        # No file may grow beyond 3 MB: what a write meets is the same as on a full disk, but for the error's name.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    build = _build(place, few_bytes)
    _, said = build.communicate(timeout=120)
    assert build.returncode == 1
    assert "File too large" in said
    assert "Traceback" not in said
    assert _digest(place) is None
    leftovers = [path for path in (place / "images").rglob("*") if path.is_file() and path.name.startswith(".new-")]
    assert leftovers == []
    again = _build(place)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said


def test_a_download_changed_in_the_cache_is_refused_and_fetched_anew(place: Path) -> None:
    lock = read_lock(place / "python.lock")
    own = place / "own-cache"
    assert _command(place, "build", "python", "--locked", "--no-test", cache=own).wait(timeout=300) == 0
    deb = max(lock.debs, key=lambda deb: deb.size)
    stored = next(path for path in (own / "store").rglob(f"*{deb.sha256[2:]}*") if path.is_file())
    stored.chmod(0o644)
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 0xFF
    stored.write_bytes(data)
    offline = _build(place, cache=own)
    _, said = offline.communicate(timeout=120)
    assert offline.returncode == 1
    assert "Traceback" not in said
    online = _command(place, "build", "python", "--locked", "--no-test", "--rebuild", cache=own)
    _, said = online.communicate(timeout=300)
    assert online.returncode == 0, said


def test_a_tampered_lock_is_refused(place: Path) -> None:
    text = (place / "python.lock").read_text()
    lock = read_lock(place / "python.lock")
    other = text.replace(lock.debs[0].sha256, "0" * 64)
    (place / "python.lock").write_text(other)
    build = _command(place, "build", "python", "--locked", "--no-test")
    _, said = build.communicate(timeout=300)
    assert build.returncode == 1
    assert "Traceback" not in said
    assert _digest(place) is None
