"""The wheels that an edited definition needs, of which those that were locked before stay as they were.

pip knows no preference for a version: what it must not move it is told as a constraint. So the question here is which
of the locked versions can still be demanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nautiloid.factory.built_wheels import laid_out
from nautiloid.factory.definition import Definition, Python
from nautiloid.factory.lockfile import Lock, LockedBuild, LockedWheel
from nautiloid.factory.package_indexes import PackageIndex, same_place
from nautiloid.factory.targets import exact_target
from nautiloid.factory.wheels.fitness import needs
from nautiloid.factory.wheels.resolver import Bounds, ResolutionError, ResolvedWheel, resolve
from nautiloid.factory.wheels.routes import Routes, routes_of
from nautiloid.factory.wheels.target import Target
from nautiloid.net.store import Store


def bounds_that_stay(
    old: Lock, definition: Definition, builds: Sequence[LockedBuild], store: Store
) -> Iterator[Bounds]:
    """Yield what to hold the resolver to, the strictest first, up to nothing at all.

    First every locked version that the definition's own requirements still allow; then only those that go together
    with what has to move, by what the wheels say they need.

    Args:
        old: The lock before the definition was edited.
        definition: As it is now.
        builds: The wheels that are built from source: nobody needs to hold what comes from one place in one version.
        store: Holds them.

    Raises:
        ResolutionError: The requirements cannot be met at all.
    """
    held: dict[str, str] = {
        canonicalize_name(one.name): one.version for one in _from_where_it_was(old, definition, builds)
    }
    if _indexes(old.definition) == _indexes(definition):
        built = _built(old.builds, builds)
        held |= {name: one.version for one in old.dropped if (name := canonicalize_name(one.name)) not in built}
    python = definition.python
    if python is not None and held:
        allowed = {name: version for name, version in held.items() if _allows(python.requirements, name, version)}
        yield Bounds(_pins(allowed.items()))
        with laid_out(builds, store) as places:
            routes = routes_of(python.indexes, places)
            mixed = _pins(_mixed(allowed, python, exact_target(definition, old.debs), routes))
        yield Bounds(mixed)
    yield Bounds()


def files_that_stay(old: Lock, new: Lock) -> tuple[LockedWheel, ...]:
    """Return the new lock's wheels; one whose version has not moved is the file that was locked before.

    An index may offer another file of the same version since; nobody has asked for that one.
    """
    if not new.wheels or old.definition.python is None or not same_interpreter(old, new):
        return new.wheels
    staying = _from_where_it_was(old, new.definition, new.builds)
    known = {(one.name, one.version): one for one in staying}
    kept = ((known.get((one.name, one.version), one), one) for one in new.wheels)
    return tuple(was.model_copy(update={"wanted_by": one.wanted_by}) for was, one in kept)


def same_interpreter(lock: Lock, other: Lock) -> bool:
    """Tell whether the wheels of two locks are chosen for the very same Python."""
    return exact_target(lock.definition, lock.debs) == exact_target(other.definition, other.debs)


def _from_where_it_was(old: Lock, definition: Definition, builds: Sequence[LockedBuild]) -> Iterator[LockedWheel]:
    """Yield the locked wheels that would come from the same index now; what is or was built from source is none."""
    before, now, built = _indexes(old.definition), _indexes(definition), _built(old.builds, builds)
    for wheel in old.wheels:
        name = canonicalize_name(wheel.name)
        if name not in built and same_place(name, wheel.index, before, now):
            yield wheel


def _built(*builds: Sequence[LockedBuild]) -> set[str]:
    return {canonicalize_name(one.wheel.name) for some in builds for one in some}


def _indexes(definition: Definition) -> tuple[PackageIndex, ...]:
    return definition.python.indexes if definition.python is not None else ()


def _allows(requirements: Iterable[str], name: str, version: str) -> bool:
    wanted = (Requirement(text) for text in requirements)
    return all(one.specifier.contains(version, prereleases=True) for one in wanted
               if canonicalize_name(one.name) == name)  # fmt: skip


def _mixed(allowed: Mapping[str, str], python: Python, target: Target, routes: Routes) -> Iterator[tuple[str, str]]:
    """Yield versions: those that are locked, but for what the free choice has in a version that they exclude."""
    free = {wheel.name: wheel for wheel in resolve(python.requirements, target, python.never, routes=routes)}
    try:
        pinned = resolve(_pins(allowed.items()), target, {}, dependencies=False, routes=routes)
    except ResolutionError:  # one of them is not to be had any more
        return
    held = {wheel.name: wheel for wheel in pinned}
    mixed: dict[str, ResolvedWheel] = {**free, **held}
    while (name := next(_misfits(mixed, held, target, python.requirements), None)) is not None:
        del held[name]
        mixed = {**free, **held}
    yield from ((name, wheel.version) for name, wheel in mixed.items())


def _misfits(
    mixed: Mapping[str, ResolvedWheel], held: Mapping[str, ResolvedWheel], target: Target, requirements: Iterable[str]
) -> Iterator[str]:
    """Yield the locked wheels that cannot stay: another one excludes them, or they exclude one that must move."""
    for dependent, wanted in needs(list(mixed.values()), target, list(requirements)).items():
        for requirement in wanted:
            name = canonicalize_name(requirement.name)
            found = mixed.get(name)
            if found is not None and not requirement.specifier.contains(found.version, prereleases=True):
                yield from (one for one in (name, dependent) if one in held)


def _pins(versions: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name}=={version}" for name, version in sorted(versions))
