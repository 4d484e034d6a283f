"""The wheels that an edited definition needs, of which those that were locked before stay as they were.

pip knows no preference for a version: what it must not move it is told as a constraint. So the question here is which
of the locked versions can still be demanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nautiloid.factory.definition import Definition, Python
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.factory.targets import exact_target
from nautiloid.factory.wheels.fitness import needs
from nautiloid.factory.wheels.resolver import Bounds, ResolutionError, ResolvedWheel, resolve
from nautiloid.factory.wheels.target import Target


def bounds_that_stay(old: Lock, definition: Definition) -> Iterator[Bounds]:
    """Yield what to hold the resolver to, the strictest first, up to nothing at all.

    First every locked version that the definition's own requirements still allow; then only those that go together
    with what has to move, by what the wheels say they need.

    Args:
        old: The lock before the definition was edited.
        definition: As it is now.

    Raises:
        ResolutionError: The requirements cannot be met at all.
    """
    held: dict[str, str] = {canonicalize_name(one.name): one.version for one in old.wheels}
    held |= {canonicalize_name(one.name): one.version for one in old.dropped}
    python = definition.python
    if python is not None and held:
        allowed = {name: version for name, version in held.items() if _allows(python.requirements, name, version)}
        yield Bounds(_pins(allowed.items()))
        yield Bounds(_pins(_mixed(allowed, python, exact_target(definition, old.debs))))
    yield Bounds()


def files_that_stay(old: Lock, new: Lock) -> tuple[LockedWheel, ...]:
    """Return the new lock's wheels; one whose version has not moved is the file that was locked before.

    An index may offer another file of the same version since; nobody has asked for that one.
    """
    if not new.wheels or old.definition.python is None or not same_interpreter(old, new):
        return new.wheels
    known = {(one.name, one.version): one for one in old.wheels}
    kept = ((known.get((one.name, one.version), one), one) for one in new.wheels)
    return tuple(was.model_copy(update={"wanted_by": one.wanted_by}) for was, one in kept)


def same_interpreter(lock: Lock, other: Lock) -> bool:
    """Tell whether the wheels of two locks are chosen for the very same Python."""
    return exact_target(lock.definition, lock.debs) == exact_target(other.definition, other.debs)


def _allows(requirements: Iterable[str], name: str, version: str) -> bool:
    wanted = (Requirement(text) for text in requirements)
    return all(one.specifier.contains(version, prereleases=True) for one in wanted
               if canonicalize_name(one.name) == name)  # fmt: skip


def _mixed(allowed: Mapping[str, str], python: Python, target: Target) -> Iterator[tuple[str, str]]:
    """Yield versions: those that are locked, but for what the free choice has in a version that they exclude."""
    free = {wheel.name: wheel for wheel in resolve(python.requirements, target, python.never)}
    try:
        held = {wheel.name: wheel for wheel in resolve(_pins(allowed.items()), target, {}, dependencies=False)}
    except ResolutionError:  # one of them is not to be had any more
        return
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
