"""Definition -> lock: resolve everything that an image needs, and pin it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.built_wheels import edited_source
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.locked_compiler import lock_compiler
from nautiloid.factory.locked_debs import excused_dependencies, locked_debs, resolve_debs
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locked_weights import lock_weights
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.lockfile import NOTHING_BUILT, BuiltWheels, Lock, LockedRelease, LockError
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds
from nautiloid.net.fetch import Fetcher
from nautiloid.version import TOOL

_NO_ARCHIVE = datetime(2000, 1, 1, tzinfo=UTC)


def make_lock(
    loaded: LoadedDefinition,
    fetcher: Fetcher,
    mirrors: Mirrors | None = None,
    bounds: Bounds = UNBOUND,
    built: BuiltWheels = NOTHING_BUILT,
) -> Lock:
    """Resolve a definition against the Debian archive, the Python index and the project's files.

    Args:
        loaded: The definition.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        bounds: Which wheels may be chosen from.
        built: The wheels of what the definition has as source.

    Raises:
        NautiloidError: Something cannot be resolved, fetched or verified; the message says what.
    """
    definition = loaded.definition
    mirrors = mirrors or Mirrors()
    releases, closure = resolve_debs(definition, definition.debian.packages, fetcher, mirrors)
    debs = locked_debs(closure) if closure else ()
    wheels, dropped = lock_wheels(definition, debs, fetcher, bounds, built.builds)
    dates = [release.date for _, release in releases]
    return Lock(
        tool=TOOL,
        timestamp=max(dates, default=_NO_ARCHIVE),
        definition=definition,
        releases=tuple(
            LockedRelease(archive=archive, suite=release.suite or "", date=release.date, sha256=release.sha256)
            for archive, release in releases
        ),
        debs=debs,
        compiler=lock_compiler(definition, closure, fetcher, mirrors) if closure else (),
        excused=excused_dependencies(closure) if closure else (),
        wheels=wheels,
        dropped=dropped,
        weights=tuple(lock_weights(weights, definition, fetcher) for weights in definition.weights),
        files=lock_files(loaded),
        builds=built.builds,
        builder=built.builder,
    )


def check_fits(lock: Lock, loaded: LoadedDefinition, path: Path) -> None:
    """Refuse a lock that was made from another state of its definition, or of the files that it names.

    Raises:
        LockError: One of them was edited after it was locked.
    """
    name = loaded.definition.name
    if lock.definition != loaded.definition:
        edited = f"the lock {path} was made from another version of the definition '{name}'"
    elif lock.files != lock_files(loaded):
        edited = f"files of '{name}' were edited since the lock {path} was made"
    elif source := edited_source(lock, loaded):
        edited = f"the source of '{source}' was edited since the lock {path} was made"
    else:
        return
    raise LockError(edited, "Make a new one with 'nautiloid lock'.")
