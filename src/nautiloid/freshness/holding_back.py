"""Moving some packages of a Debian closure to their new versions, and leaving the others where they are.

What must move along is found by the packages' own relations (Debian Policy chapter 7): a new version that needs newer
ones, an old package that a new one breaks, a sibling that wants the very same version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nautiloid.factory.debian.index import Package
from nautiloid.factory.debian.relation import Relation
from nautiloid.factory.lockfile import Lock, LockedDeb


@dataclass(frozen=True)
class Held:
    """A closure in which only some packages have moved.

    Attributes:
        debs: Sorted by name.
        along: Source packages that had to move along.
    """

    debs: tuple[LockedDeb, ...]
    along: tuple[str, ...]


def hold_back(old: Lock, new: Lock, moving: Iterable[str], package: Callable[[LockedDeb], Package]) -> Held:
    """Return the old closure with some source packages, and whatever they need, at their new versions.

    Args:
        old: The lock as it is.
        new: The same definition, locked anew: a closure in which everything has moved.
        moving: Source packages that shall move.
        package: Reads what a locked package says of itself.
    """
    wanted = frozenset(moving)
    search = _Search(old, new, set(wanted), package)
    debs = search.run()
    return Held(tuple(debs[name] for name in sorted(debs)), tuple(sorted(search.moving - wanted)))


class _Search:
    """Grows the set of moving sources until every relation holds; at the latest, that is the new closure."""

    def __init__(self, old: Lock, new: Lock, moving: set[str], package: Callable[[LockedDeb], Package]) -> None:
        self._old = {deb.name: deb for deb in old.debs}
        self._new = {deb.name: deb for deb in new.debs}
        self._excused = {(one.package, one.relation) for lock in (old, new) for one in lock.excused}
        self._time = old.timestamp
        self._package = package
        self._extra: set[str] = set()
        self.moving = moving

    def run(self) -> dict[str, LockedDeb]:
        while True:
            mixed = self._mixed()
            before = (len(self.moving), len(self._extra))
            self._settle(mixed)
            if before == (len(self.moving), len(self._extra)):
                return mixed

    def _mixed(self) -> dict[str, LockedDeb]:
        found = {}
        for name, deb in self._old.items():
            if deb.source not in self.moving:
                kept_at = deb.at or self._time
                found[name] = deb if self._new.get(name) == deb else deb.model_copy(update={"at": kept_at})
            elif name in self._new:
                found[name] = self._new[name]
        return found | {name: self._new[name] for name in self._extra}

    def _settle(self, mixed: Mapping[str, LockedDeb]) -> None:
        packages = {name: self._package(deb) for name, deb in mixed.items()}
        for name, package in packages.items():
            for relation in (*package.pre_depends, *package.depends):
                if not _met(relation, packages.values()) and (name, str(relation)) not in self._excused:
                    self._meet(relation, mixed[name])
            for other_name, other in packages.items():
                if other_name != name and _refuses(package, other):
                    self.moving |= {mixed[name].source, mixed[other_name].source}

    def _meet(self, relation: Relation, dependent: LockedDeb) -> None:
        for name, deb in self._new.items():
            if _met(relation, [self._package(deb)]):
                if name in self._old:
                    self.moving.add(deb.source)
                else:
                    self._extra.add(name)
                return
        self.moving.add(dependent.source)


def _met(relation: Relation, packages: Iterable[Package]) -> bool:
    return any(package.meets(alternative) for package in packages for alternative in relation.alternatives)


def _refuses(package: Package, other: Package) -> bool:
    return any(
        other.meets(alternative)
        for relation in (*package.conflicts, *package.breaks)
        for alternative in relation.alternatives
    )
