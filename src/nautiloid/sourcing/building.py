"""All sources of a definition: built for a new lock, or built again for one whose wheels are not in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packaging.utils import canonicalize_name

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import NOTHING_BUILT, BuiltWheels, Lock, LockedBuild, LockError
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.targets import exact_target
from nautiloid.factory.wheels.routes import routes_of
from nautiloid.net.fetch import Fetcher
from nautiloid.sourcing.archives import fetch_source
from nautiloid.sourcing.builder import build_container, builder_definition, loaded_builder
from nautiloid.sourcing.staying import Staying, what_stays
from nautiloid.sourcing.wheels import WheelMaker


def build_sources(
    loaded: LoadedDefinition, cache: Path, fetcher: Fetcher, mirrors: Mirrors, old: Lock | None = None
) -> BuiltWheels:
    """Build the wheels of everything that a definition has as source.

    Args:
        loaded: The definition.
        cache: Nautiloid's cache directory, which keeps the image that they are built in.
        fetcher: The way to downloads; its store gets the wheels.
        mirrors: The user's own choice of mirrors.
        old: The lock before the definition was edited: what the edit is not about stays; None: all is built anew.

    Raises:
        NautiloidError: A source or its tools cannot be had, or it cannot be built.
    """
    python = loaded.definition.python
    if python is None or not python.sources:
        return NOTHING_BUILT
    staying = what_stays(old, loaded)
    there = [build for build in staying.builds.values() if fetcher.store.get(build.wheel.sha256) is not None]
    if len(there) == len(python.sources):
        return BuiltWheels(tuple(staying.builds[source.key] for source in python.sources), staying.builder)
    if staying.builder is not None:
        builder, its_definition = staying.builder, loaded_builder(staying.builder)
    else:
        its_definition = builder_definition(loaded.definition)
        builder = make_lock(its_definition, fetcher, mirrors)
    with _maker(builder, its_definition, loaded, cache, fetcher, mirrors) as maker:
        builds = tuple(_built(source, staying, loaded, maker) for source in python.sources)
    return BuiltWheels(builds, builder)


def _built(source: PackageSource, staying: Staying, loaded: LoadedDefinition, maker: WheelMaker) -> LockedBuild:
    """Return the wheel of a source: the one there is, that one made again, or another."""
    fetcher, kept = maker.fetcher, staying.builds.get(source.key)
    if kept is not None and fetcher.store.get(kept.wheel.sha256) is not None:
        return kept
    locked = staying.sources.get(source.key)
    fetched = fetch_source(source, loaded, maker.target, fetcher.store, maker.routes, locked)
    with fetcher.progress.task(f"Build {source.name} from source"):
        if kept is None:
            return maker.make(source, fetched)
        maker.make_again(source, fetched, kept)
        return kept


def rebuild_missing(lock: Lock, loaded: LoadedDefinition, cache: Path, fetcher: Fetcher, mirrors: Mirrors) -> None:
    """Build those wheels of a lock again that were built from source and are not in the cache.

    Args:
        lock: Names sources, tools and builder by hash.
        loaded: Its definition.
        cache: Nautiloid's cache directory.
        fetcher: The way to downloads; its store gets the wheels.
        mirrors: The user's own choice of mirrors.

    Raises:
        IntegrityError: Another wheel came out than the lock has.
        LockError: The lock does not say enough.
        NautiloidError: A source or its tools cannot be had, or it cannot be built.
    """
    missing = [build for build in lock.builds if fetcher.store.get(build.wheel.sha256) is None]
    if not missing:
        return
    python = lock.definition.python
    sources = {source.key: source for source in python.sources} if python else {}
    if lock.builder is None or any(canonicalize_name(build.wheel.name) not in sources for build in missing):
        raise LockError("the lock has wheels built from source, but not how", "Make a new one with 'nautiloid lock'.")
    with _maker(lock.builder, loaded_builder(lock.builder), loaded, cache, fetcher, mirrors) as maker:
        for build in missing:
            source = sources[canonicalize_name(build.wheel.name)]
            fetched = fetch_source(source, loaded, maker.target, fetcher.store, maker.routes, build.source)
            with fetcher.progress.task(f"Build {source.name} from source"):
                maker.make_again(source, fetched, build)


@contextmanager
def _maker(
    builder: Lock,
    its_definition: LoadedDefinition,
    loaded: LoadedDefinition,
    cache: Path,
    fetcher: Fetcher,
    mirrors: Mirrors,
) -> Iterator[WheelMaker]:
    python = loaded.definition.python
    routes = routes_of(python.indexes if python else ())
    with build_container(builder, its_definition, cache, fetcher, mirrors) as container:
        yield WheelMaker(container, exact_target(builder.definition, builder.debs), routes, fetcher)
