"""Definition -> lock: resolve everything that an image needs, and pin it."""

from __future__ import annotations

from types import MappingProxyType

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.archiveless import lock_archiveless
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.libraries.completing import complete
from nautiloid.factory.locked_compiler import lock_compiler
from nautiloid.factory.locked_debs import excused_dependencies, locked_debs, read_archive
from nautiloid.factory.locked_weights import KnownWeights
from nautiloid.factory.lockfile import NOTHING_BUILT, BuiltWheels, Lock
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds
from nautiloid.net.fetch import Fetcher


def make_lock(
    loaded: LoadedDefinition,
    fetcher: Fetcher,
    mirrors: Mirrors | None = None,
    bounds: Bounds = UNBOUND,
    *,
    weights: KnownWeights = MappingProxyType({}),
    built: BuiltWheels = NOTHING_BUILT,
) -> Lock:
    """Resolve a definition against the Debian archive, the Python index and the project's files.

    Args:
        loaded: The definition.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        bounds: Which wheels may be chosen from.
        weights: Those that are locked already.
        built: The wheels of what the definition has as source.

    Raises:
        NautiloidError: Something cannot be resolved, fetched or verified; the message says what.
    """
    definition = loaded.definition
    mirrors = mirrors or Mirrors()
    if not definition.debian.packages:
        return lock_archiveless(loaded, fetcher, bounds, weights=weights, built=built)
    archive = read_archive(definition, fetcher, mirrors)
    closure = archive.closure(definition.debian.packages)
    debs = locked_debs(closure)
    lock = lock_archiveless(loaded, fetcher, bounds, debs, weights=weights, built=built).model_copy(
        update={
            "timestamp": max(release.date for _, release in archive.releases),
            "releases": archive.locked_releases,
            "excused": excused_dependencies(closure),
            "compiler": lock_compiler(definition, closure, fetcher, mirrors),
        }
    )
    return complete(lock, loaded, archive, fetcher, mirrors)
