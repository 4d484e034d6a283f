"""What a relock keeps of the wheels that were built from source: those that no edit of the definition is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from nautiloid.factory.built_wheels import is_edited
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.lockfile import Lock, LockedBuild, LockedSource
from nautiloid.factory.package_indexes import same_place
from nautiloid.factory.package_sources import PackageSource
from nautiloid.sourcing.builder import does_for


@dataclass(frozen=True)
class Staying:
    """What is left as it was.

    Attributes:
        builder: The image that sources were built in; None: it will not do any more.
        sources: The sources that nobody has edited, by the distribution's canonical name.
        builds: The wheels that were made of them; none without the builder.
    """

    builder: Lock | None = None
    sources: Mapping[str, LockedSource] = field(default_factory=dict)
    builds: Mapping[str, LockedBuild] = field(default_factory=dict)


def what_stays(old: Lock | None, loaded: LoadedDefinition) -> Staying:
    """Return what of a lock's sources, and of what was built of them, holds for an edited definition.

    Args:
        old: The lock before the edit; None: there is none, or everything is wanted anew.
        loaded: The definition as it is now.

    Raises:
        UsageError: A source that is a directory is not there.
    """
    python = loaded.definition.python
    if old is None or python is None:
        return Staying()
    locked: dict[str, LockedBuild] = {canonicalize_name(build.wheel.name): build for build in old.builds}
    builds = {
        source.key: locked[source.key]
        for source in python.sources
        if source.key in locked and _is_as_it_was(source, locked[source.key].source, old.definition, loaded)
    }
    builder = old.builder if old.builder is not None and does_for(old.builder, loaded.definition) else None
    return Staying(builder, {name: build.source for name, build in builds.items()}, builds if builder else {})


def _is_as_it_was(source: PackageSource, locked: LockedSource, before: Definition, loaded: LoadedDefinition) -> bool:
    was, now = before.python, loaded.definition.python
    if was is None or now is None or source not in was.sources:
        return False
    if source.path is not None:
        return not is_edited(source, locked, loaded)
    return source.git is not None or same_place(source.key, locked.index, was.indexes, now.indexes)
