"""Definition -> lock: resolve everything that an image needs, and pin it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.libraries.completing import complete
from nautiloid.factory.locked_compiler import lock_compiler
from nautiloid.factory.locked_debs import excused_dependencies, locked_debs, read_archive
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locked_weights import KnownWeights, lock_all_weights
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.lockfile import Lock, LockedDeb
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds
from nautiloid.net.fetch import Fetcher
from nautiloid.version import TOOL

_NO_ARCHIVE = datetime(2000, 1, 1, tzinfo=UTC)


def make_lock(
    loaded: LoadedDefinition,
    fetcher: Fetcher,
    mirrors: Mirrors | None = None,
    bounds: Bounds = UNBOUND,
    weights: KnownWeights = MappingProxyType({}),
) -> Lock:
    """Resolve a definition against the Debian archive, the Python index and the project's files.

    Args:
        loaded: The definition.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        bounds: Which wheels may be chosen from.
        weights: Those that are locked already.

    Raises:
        NautiloidError: Something cannot be resolved, fetched or verified; the message says what.
    """
    definition = loaded.definition
    mirrors = mirrors or Mirrors()
    if not definition.debian.packages:
        return _lock(loaded, fetcher, bounds, weights)
    archive = read_archive(definition, fetcher, mirrors)
    closure = archive.closure(definition.debian.packages)
    lock = _lock(loaded, fetcher, bounds, weights, locked_debs(closure)).model_copy(
        update={
            "timestamp": max(release.date for _, release in archive.releases),
            "releases": archive.locked_releases,
            "excused": excused_dependencies(closure),
            "compiler": lock_compiler(definition, closure, fetcher, mirrors),
        }
    )
    return complete(lock, loaded, archive, fetcher, mirrors)


def _lock(
    loaded: LoadedDefinition,
    fetcher: Fetcher,
    bounds: Bounds,
    weights: KnownWeights,
    debs: tuple[LockedDeb, ...] = (),
) -> Lock:
    """Lock wheels, weights and files, beside the Debian packages that are locked already."""
    definition = loaded.definition
    wheels, dropped = lock_wheels(definition, debs, fetcher, bounds)
    return Lock(
        tool=TOOL,
        timestamp=_NO_ARCHIVE,
        definition=definition,
        debs=debs,
        wheels=wheels,
        dropped=dropped,
        weights=lock_all_weights(definition, weights, fetcher),
        files=lock_files(loaded),
    )
