"""Lock the Python side: the wheels that the definition's requirements come to, and those that it does without."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nautiloid.errors import UsageError
from nautiloid.factory.built_wheels import check_built, laid_out
from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import DroppedWheel, LockedBuild, LockedDeb, LockedWheel
from nautiloid.factory.startup import check_wheels
from nautiloid.factory.targets import exact_target
from nautiloid.factory.wheels.fitness import check_fitness, needs
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds, ResolvedWheel, fetch_wheels, resolve
from nautiloid.factory.wheels.routes import routes_of
from nautiloid.factory.wheels.unpack import wheel_paths
from nautiloid.net.fetch import Fetcher


def lock_wheels(
    definition: Definition,
    debs: Sequence[LockedDeb],
    fetcher: Fetcher,
    bounds: Bounds = UNBOUND,
    builds: Sequence[LockedBuild] = (),
) -> tuple[tuple[LockedWheel, ...], tuple[DroppedWheel, ...]]:
    """Resolve and fetch a definition's wheels.

    Args:
        definition: Asks for them.
        debs: The Debian side, whose very interpreter they must suit.
        fetcher: The way to downloads.
        bounds: Which wheels may be chosen from.
        builds: Wheels that were built from source; they come from nowhere else.

    Raises:
        NautiloidError: There is no set of wheels that fits, or one cannot be fetched.
    """
    python = definition.python
    if python is None or not python.requirements:
        return (), ()
    check_built(python, builds)
    target = exact_target(definition, debs)
    with laid_out(builds, fetcher.store) as places, fetcher.progress.task("Resolve the Python requirements"):
        routes = routes_of(python.indexes, places)
        # What the image does without cannot be forbidden: it is resolved, said so, and left out.
        chosen = resolve(python.requirements, target, python.never, bounds=bounds, routes=routes)
        check_fitness(chosen, target, python.requirements)
    for wheel in chosen:
        if wheel.withdrawn:
            fetcher.progress.note(f"warning: {wheel.name} {wheel.version} was withdrawn by its authors (yanked)")
    if idle := [build.wheel.name for build in builds if build.wheel.name not in {wheel.name for wheel in chosen}]:
        raise UsageError(
            f"nothing asks for {', '.join(idle)}, which the definition has as source",
            "Name it under python.requirements as well, or take it out of python.sources.",
        )
    drop = {canonicalize_name(name): because for name, because in python.drop.items()}
    kept: list[ResolvedWheel] = []
    dropped: list[DroppedWheel] = []
    for wheel in chosen:
        because = next((why for name, why in drop.items() if fnmatch.fnmatchcase(wheel.name, name)), None)
        if because is None:
            kept.append(wheel)
        else:
            dropped.append(DroppedWheel(name=wheel.name, version=wheel.version, because=because))
    locked = fetch_wheels(kept, target, fetcher.store, fetcher.progress, offline=fetcher.offline, routes=routes)
    site, store = definition.site_packages, fetcher.store
    check_wheels(((one.name, wheel_paths(store.path_of(one.sha256), one, site)) for one in locked), definition)
    wanted_by = _dependents(needs(chosen, target, python.requirements))
    return tuple(wheel.model_copy(update={"wanted_by": wanted_by[wheel.name]}) for wheel in locked), tuple(dropped)


def _dependents(wanted: Mapping[str, Sequence[Requirement]]) -> Mapping[str, tuple[str, ...]]:
    """Turn what each wheel needs into which others need it; none: the definition does."""
    found: dict[str, set[str]] = {name: set() for name in wanted}
    for name, requirements in wanted.items():
        for requirement in requirements:
            found.setdefault(canonicalize_name(requirement.name), set()).add(name)
    return {name: tuple(sorted(others)) for name, others in found.items()}
