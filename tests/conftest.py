"""What tests share, also between worker processes: images that our own factory builds once a session."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.factory.build import BuildResult, build_image
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import Lock, read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT


@dataclass(frozen=True)
class Built:
    """An image of the catalog, its lock and where the lock lies."""

    lock: Lock
    lock_path: Path
    result: BuildResult
    layout: Layout


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all worker processes of this session have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def one_at_a_time(place: Path) -> Iterator[None]:
    """Keep other workers out of a block that makes something for all of them."""
    with place.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def image_store(shared_directory: Path) -> Iterator[Layout]:
    """A local image store of the tests' own; the download cache is the user's, so that nothing is fetched twice."""
    store = shared_directory / "store"
    store.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAUTILOID_IMAGES", str(store))
        yield Layout(places.images_directory())


@pytest.fixture(scope="session")
def built(image_store: Layout, shared_directory: Path) -> Callable[[str], Built]:
    """Lock and build an image of the catalog, once a session, whichever worker asks first."""
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    locks = shared_directory / "locks"
    locks.mkdir(exist_ok=True)

    def build(name: str) -> Built:
        loaded, path, known = load_definition(name), locks / f"{name}.lock", locks / f"{name}.result"
        with one_at_a_time(locks / f"{name}.busy"):
            if known.exists():
                return Built(read_lock(path), path, pickle.loads(known.read_bytes()), image_store)
            cache = places.cache_directory()
            with Fetcher(Store(cache / "store"), SILENT) as fetcher:
                lock = make_lock(loaded, fetcher)
                write_lock(lock, path)
                reference = f"nautiloid/{name}:latest"
                result = build_image(lock, loaded, image_store, cache, fetcher, reference=reference)
            known.write_bytes(pickle.dumps(result))
            return Built(lock, path, result, image_store)

    return build
