"""Lock what does not come from the Debian archive: wheels, weights and the project's own files."""

from __future__ import annotations

from datetime import UTC, datetime

from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.giving_way import advice
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locked_weights import KnownWeights, lock_all_weights
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.lockfile import BuiltWheels, Lock, LockedDeb
from nautiloid.factory.wheels.resolver import Bounds, ConflictError
from nautiloid.net.fetch import Fetcher
from nautiloid.version import TOOL

_NO_ARCHIVE = datetime(2000, 1, 1, tzinfo=UTC)


def lock_archiveless(
    loaded: LoadedDefinition,
    fetcher: Fetcher,
    bounds: Bounds,
    debs: tuple[LockedDeb, ...] = (),
    *,
    weights: KnownWeights,
    built: BuiltWheels,
) -> Lock:
    """Return a lock of wheels, weights and files, beside the Debian packages that are locked already.

    Args:
        loaded: The definition.
        fetcher: The way to downloads.
        bounds: Which wheels may be chosen from.
        debs: The Debian packages; their interpreter says which wheels will do.
        weights: Those that are locked already.
        built: The wheels of what the definition has as source.

    Raises:
        NautiloidError: Something cannot be resolved, fetched or verified; the message says what.
    """
    definition = loaded.definition
    try:
        wheels, dropped = lock_wheels(definition, debs, fetcher, bounds, built.builds)
    except ConflictError as error:
        raise ConflictError(error.message, advice(error.message, loaded.asked[:-1]) or error.hint) from error
    return Lock(
        tool=TOOL,
        timestamp=_NO_ARCHIVE,
        definition=definition,
        debs=debs,
        wheels=wheels,
        dropped=dropped,
        weights=lock_all_weights(definition, weights, fetcher),
        files=lock_files(loaded),
        builds=built.builds,
        builder=built.builder,
    )
