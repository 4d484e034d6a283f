"""Sources as archives in the cache, each by the hash of its bytes; nothing in them is opened here."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import IntegrityError
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import LockedSource
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.packing import pack, source_directory
from nautiloid.factory.wheels.routes import Routes
from nautiloid.factory.wheels.sdists import fetch_sdist
from nautiloid.factory.wheels.target import Target
from nautiloid.net.store import Store, Stored, sha256_of
from nautiloid.sourcing.git import checkout


@dataclass(frozen=True)
class FetchedSource:
    """A source in the cache, and what the lock says of it."""

    locked: LockedSource
    path: Path


def fetch_source(
    source: PackageSource,
    loaded: LoadedDefinition,
    target: Target,
    store: Store,
    routes: Routes,
    locked: LockedSource | None = None,
) -> FetchedSource:
    """Bring a source into the cache.

    Args:
        source: As the definition has it.
        loaded: The definition.
        target: The Python that the wheel is for.
        store: The cache.
        routes: Where source distributions may come from.
        locked: The very source that a lock has; None: the best that there is now.

    Raises:
        IntegrityError: It is another than the lock's.
        NautiloidError: It cannot be had.
    """
    if locked is not None and (known := store.get(locked.sha256, size=locked.size)) is not None:
        return FetchedSource(locked, known)
    if source.git is not None:
        found = _from_git(source.git, locked.commit if locked else source.ref, store)
    elif source.path is not None:
        found = _from_directory(source_directory(source, loaded), store)
    else:
        found = _from_index(source, target, store, routes, locked)
    if locked is not None and found.locked.sha256 != locked.sha256:
        raise IntegrityError(f"the source of {source.name} is another than the lock's", "Lock again.")
    return found


def _from_git(url: str, ref: str, store: Store) -> FetchedSource:
    store.root.mkdir(parents=True, exist_ok=True)
    with checkout(url, ref, store.root) as found:
        stored = store.adopt(found.tar, sha256_of(found.tar))
    return _fetched(stored, commit=found.commit)


def _from_directory(directory: Path, store: Store) -> FetchedSource:
    store.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pack-", dir=store.root) as scratch:
        tar = Path(scratch) / "source.tar"
        with tar.open("wb") as file:
            sha256 = pack(directory, file)
        return _fetched(store.adopt(tar, sha256))


def _from_index(
    source: PackageSource, target: Target, store: Store, routes: Routes, locked: LockedSource | None
) -> FetchedSource:
    wanted = f"{source.key}{source.version}"
    if locked is not None:
        routes = routes.pinned({source.key: locked.index})
        version = locked.filename.removesuffix(".zip").removesuffix(".tar.gz").rpartition("-")[2]
        wanted = f"{source.key}=={version}"
    found = fetch_sdist(wanted, target, store, routes)
    return _fetched(found.stored, filename=found.filename, index=found.index)


def _fetched(stored: Stored, **more: str) -> FetchedSource:
    return FetchedSource(LockedSource(sha256=stored.sha256, size=stored.size, **more), stored.path)
