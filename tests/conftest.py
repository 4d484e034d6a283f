"""Images built once a session, by our own factory, from the host's own mirror and index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.factory.build import BuildResult, build_image
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import Lock, write_lock
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
def image_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A local image store of the tests' own; the download cache is the user's, so that nothing is fetched twice."""
    before = os.environ.get("NAUTILOID_IMAGES")
    os.environ["NAUTILOID_IMAGES"] = str(tmp_path_factory.mktemp("store"))
    yield Layout(places.images_directory())
    if before is None:
        del os.environ["NAUTILOID_IMAGES"]
    else:
        os.environ["NAUTILOID_IMAGES"] = before


@pytest.fixture(scope="session")
def built(image_store: Layout, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Lock and build an image of the catalog, once a session."""
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    made: dict[str, Built] = {}

    def build(name: str) -> Built:
        if name not in made:
            loaded = load_definition(name)
            path = tmp_path_factory.mktemp("locks") / f"{name}.lock"
            cache = places.cache_directory()
            with Fetcher(Store(cache / "store"), SILENT) as fetcher:
                lock = make_lock(loaded, fetcher)
                write_lock(lock, path)
                reference = f"nautiloid/{name}:latest"
                result = build_image(lock, loaded, image_store, cache, fetcher, reference=reference)
            made[name] = Built(lock, path, result, image_store)
        return made[name]

    return build
