"""The Debian packages that an edited definition needs, of which those that were locked before stay as they were."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.moving import move
from nautiloid.debian.relation import Relation
from nautiloid.factory.lockfile import ExcusedDependency, Lock, LockedDeb

_DEFINITION = "(definition)"
"""Stands for the definition among the packages: no package can be called so (Debian Policy 5.6.7)."""

Packages = Mapping[str, Package]


@dataclass(frozen=True)
class Staying:
    """A closure with as few moved packages as its relations allow.

    Attributes:
        debs: Sorted by name, each with what wants it.
        excused: The dependencies that it leaves unmet.
    """

    debs: tuple[LockedDeb, ...]
    excused: tuple[ExcusedDependency, ...]


def staying_debs(old: Lock, new: Lock, package: Callable[[LockedDeb], Package]) -> Staying:
    """Return what the new lock's definition needs, with packages of the old lock wherever they will do.

    Args:
        old: The lock before the definition was edited.
        new: The edited definition, locked anew: every package in its newest version.
        package: Reads what a locked package says of itself.
    """
    asked = {deb.name for deb in new.debs}
    never = new.definition.debian.never
    before = {deb.name: package(deb) for deb in old.debs if deb.name in asked or deb.name not in never}
    after = {deb.name: package(deb) for deb in new.debs}

    def offers(relation: Relation) -> list[Package]:
        return list(_meeting(relation, after))

    # What the old definition did without, and this one need not, is asked for like all else.
    missed = [relation for _, relation in _unmet(before) if offers(relation)]
    nobody, request = _definition([]), _definition([*_requests(new), *map(str, missed)])
    excused = {(one.package, one.relation) for one in new.excused}
    moved = move(
        {**before, _DEFINITION: nobody}, {**after, _DEFINITION: request}, [_DEFINITION], offers, excused
    ).packages  # fmt: skip
    reasons = _reached(moved, preferred=after)
    needed = {name: moved[name] for name in reasons}
    debs = tuple(_entry(name, moved[name], reasons, old, new) for name in sorted(reasons))
    unmet = sorted({(name, str(relation)) for name, relation in _unmet(needed)})
    left = [one for one in new.excused if not one.package]
    return Staying(debs, (*left, *(ExcusedDependency(package=name, relation=text) for name, text in unmet)))


def _requests(lock: Lock) -> Iterator[str]:
    """Yield what the definition asks for, and by name what anything else does that is no package of the lock.

    An entry of a lock names only the first relation that brought its package.
    """
    yield from lock.definition.debian.packages
    names = {deb.name for deb in lock.debs}
    yield from (deb.name for deb in lock.debs if deb.wanted_by not in names)


def _definition(relations: Iterable[str]) -> Package:
    index = PackageIndex()
    depends = ", ".join(relations)
    text = f"Package: {_DEFINITION}\nVersion: 0\nArchitecture: all\nFilename: -\nSize: 0\nSHA256: -\n"
    index.add(f"{text}Depends: {depends}\n" if depends else text, archive="", suite="")
    return index.candidates(_DEFINITION)[0]


def _reached(packages: Packages, *, preferred: Packages) -> dict[str, tuple[str, Relation]]:
    """Return each package that the definition needs, with who wants it first and by which relation.

    Args:
        packages: The set, with the definition.
        preferred: Where several will do and none is needed anyway, one of these.
    """
    found: dict[str, tuple[str, Relation]] = {}
    agenda = deque([_DEFINITION])
    while agenda:
        name = agenda.popleft()
        for relation in (*packages[name].pre_depends, *packages[name].depends):
            meeting = list(_meeting(relation, packages))
            if not meeting or any(one.name in found or one.name == name for one in meeting):
                continue
            chosen = next((one for one in meeting if one.name in preferred), meeting[0])
            found[chosen.name] = (name, relation)
            agenda.append(chosen.name)
    return found


def _entry(name: str, package: Package, reasons: Mapping[str, tuple[str, Relation]], old: Lock, new: Lock) -> LockedDeb:
    """Return a package's entry: its old one where it stays, with when the archive had it; else its new one."""
    kept = next((deb for deb in old.debs if deb.name == name), None)
    made = next((deb for deb in new.debs if deb.name == name), None)
    dependent, relation = reasons[name]
    wanted: dict[str, object] = {
        "libraries": made.libraries if made is not None else (),
        "wanted_by": "" if dependent == _DEFINITION else dependent,
        "relation": str(relation),
    }
    if made is not None and (made.wanted_by in reasons or not made.wanted_by):
        wanted |= {"wanted_by": made.wanted_by, "relation": made.relation}
    if made is not None and made.sha256 == package.sha256:
        return made.model_copy(update=wanted)
    assert kept is not None  # noqa: S101 - a package of the set is of the one lock or of the other
    return kept.model_copy(update={**wanted, "at": kept.at or old.timestamp})


def _meeting(relation: Relation, packages: Packages) -> Iterator[Package]:
    for alternative in relation.alternatives:
        yield from (one for one in packages.values() if one.meets(alternative))


def _unmet(packages: Packages) -> Iterator[tuple[str, Relation]]:
    for name, package in packages.items():
        for relation in (*package.pre_depends, *package.depends):
            if next(_meeting(relation, packages), None) is None:
                yield name, relation
