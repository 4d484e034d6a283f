"""Moving some packages of a set to their new versions, and leaving the others where they are.

What must move along is found by the packages' own relations (Debian Policy chapter 7): a new version that needs newer
ones, an old package that a new one breaks, a sibling that wants the very same version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nautiloid.debian.index import Package
from nautiloid.debian.relation import Relation

Offers = Callable[[Relation], Iterable[Package]]


@dataclass(frozen=True)
class MovedPackage:
    """A set of packages in which only some have moved.

    Attributes:
        packages: By name.
        along: Source packages that had to move along; sorted.
    """

    packages: Mapping[str, Package]
    along: tuple[str, ...]


def move(
    old: Mapping[str, Package],
    new: Mapping[str, Package],
    sources: Iterable[str],
    offers: Offers,
    excused: Collection[tuple[str, str]] = (),
    joining: Collection[str] = (),
) -> MovedPackage:
    """Return the old set with some source packages, and whatever they need, at their new versions.

    Args:
        old: The packages as they are, by name.
        new: Their new versions; a package of a moving source that is not among them goes.
        sources: Source packages that shall move.
        offers: Which packages there are that meet a relation, the most preferred first.
        excused: Names of packages with relations of theirs that need not hold. What does not hold in the old set need
            not hold afterwards either.
        joining: Names of new packages that must be in the set although no package needs them.
    """
    wanted = frozenset(sources)
    search = _Search(old, new, set(wanted), offers, set(excused) | _unmet(old), joining)
    return MovedPackage(search.run(), tuple(sorted(search.moving - wanted)))


class _Search:
    """Grows the set of moving sources until every relation holds; at the latest, that is the new set."""

    def __init__(
        self,
        old: Mapping[str, Package],
        new: Mapping[str, Package],
        moving: set[str],
        offers: Offers,
        excused: set[tuple[str, str]],
        joining: Collection[str],
    ) -> None:
        self._old, self._new, self._offers, self._excused = old, new, offers, excused
        self._extra = {name: new[name] for name in joining if name not in old}
        self.moving = moving

    def run(self) -> dict[str, Package]:
        while True:
            mixed = self._mixed()
            before = (len(self.moving), len(self._extra))
            self._settle(mixed)
            if before == (len(self.moving), len(self._extra)):
                return mixed

    def _mixed(self) -> dict[str, Package]:
        found = {}
        for name, package in self._old.items():
            if package.source not in self.moving:
                found[name] = package
            elif name in self._new:
                found[name] = self._new[name]
        return found | self._extra

    def _settle(self, mixed: Mapping[str, Package]) -> None:
        answering = _answering(mixed.values())
        for name, package in mixed.items():
            for relation in (*package.pre_depends, *package.depends):
                if not _met(relation, answering) and (name, str(relation)) not in self._excused:
                    self._meet(relation, package)
            for relation in (*package.conflicts, *package.breaks):
                for other in _meeting(relation, answering):
                    if other.name != name:
                        self.moving |= {package.source, other.source}

    def _meet(self, relation: Relation, dependent: Package) -> None:
        for package in self._offers(relation):
            if package.name in self._old:
                if package.source not in self.moving:
                    self.moving.add(package.source)
                    return
            elif package.name not in self._extra:
                self._extra[package.name] = package
                return
        self.moving.add(dependent.source)


def _unmet(packages: Mapping[str, Package]) -> set[tuple[str, str]]:
    answering = _answering(packages.values())
    return {
        (name, str(relation))
        for name, package in packages.items()
        for relation in (*package.pre_depends, *package.depends)
        if not _met(relation, answering)
    }


def _answering(packages: Iterable[Package]) -> Mapping[str, list[Package]]:
    """Return the packages that answer to each name: their own, and those they provide."""
    found: dict[str, list[Package]] = {}
    for package in packages:
        for name in {package.name, *(provided.name for provided in package.provides)}:
            found.setdefault(name, []).append(package)
    return found


def _meeting(relation: Relation, answering: Mapping[str, list[Package]]) -> Iterator[Package]:
    for alternative in relation.alternatives:
        yield from (one for one in answering.get(alternative.name, ()) if one.meets(alternative))


def _met(relation: Relation, answering: Mapping[str, list[Package]]) -> bool:
    return next(_meeting(relation, answering), None) is not None
