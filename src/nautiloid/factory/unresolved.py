"""What of a lock can be renewed without asking the archive or the index: settings, the project's files, weights."""

from __future__ import annotations

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.libraries.survey import survey
from nautiloid.factory.locked_compiler import COMPILER_ARCHITECTURE
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.locked_weights import KnownWeights, lock_all_weights
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.package_indexes import PackageIndex
from nautiloid.net.fetch import Fetcher
from nautiloid.version import TOOL


def renew_unresolved(old: Lock, loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors) -> Lock | None:
    """Return the lock of an edited definition with the packages and wheels that it had; None: they may be others.

    Args:
        old: The lock before the definition, or a file that it names, was edited.
        loaded: The definition as it is now.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.

    Raises:
        NautiloidError: A file is not there, or new weights cannot be had.
    """
    definition = loaded.definition
    if _resolved_from(old.definition) != _resolved_from(definition):
        return None
    known = weights_that_stay(old, definition)
    weights = lock_all_weights(definition, known, fetcher)
    new = old.model_copy(
        update={"tool": TOOL, "definition": definition, "weights": weights, "files": lock_files(loaded)}
    )
    # Other files may stay in the image now, and need a library that nothing brings.
    same_files = _what_stays(old.definition) == _what_stays(definition)
    return new if same_files or not survey(new, loaded, fetcher, mirrors) else None


def weights_that_stay(old: Lock, definition: Definition) -> KnownWeights:
    """Return the locked weights of a definition's entries that nobody has edited."""
    known = dict(zip(old.definition.weights, old.weights, strict=False))
    same = (_runs_on(old.definition), _indexes(old.definition)) == (_runs_on(definition), _indexes(definition))
    return {asked: known[asked] for asked in definition.weights if asked in known and (same or asked.wheel is None)}


def _runs_on(definition: Definition) -> tuple[object, ...]:
    python = definition.python.version if definition.python is not None else ""
    return definition.architecture, definition.debian.suite, python


def _indexes(definition: Definition) -> tuple[PackageIndex, ...]:
    return definition.python.indexes if definition.python is not None else ()


def _what_stays(definition: Definition) -> tuple[object, ...]:
    return definition.slim, definition.image.host_libraries


def _resolved_from(definition: Definition) -> tuple[object, ...]:
    """Return all of a definition that decides which packages and wheels it comes to."""
    debian, python = definition.debian, definition.python
    asked: tuple[object, ...] = ()
    if python is not None:
        compiled = definition.architecture != COMPILER_ARCHITECTURE and bool(python.bytecode)
        asked = (python.requirements, dict(python.never), dict(python.drop), dict(python.startup), compiled)
        asked += (python.indexes, python.sources)
    return (
        *_runs_on(definition), debian.components, debian.packages, dict(debian.never), debian.pockets, *asked
    )  # fmt: skip
