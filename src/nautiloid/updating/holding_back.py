"""A lock in which some source packages have moved, and the others stay where they were."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nautiloid.debian.index import Package
from nautiloid.debian.moving import move
from nautiloid.debian.relation import Relation
from nautiloid.factory.lockfile import Lock, LockedDeb


@dataclass(frozen=True)
class HeldBack:
    """A closure in which only some packages have moved.

    Attributes:
        debs: Sorted by name; those that stay remember when the archive still had them.
        along: Source packages that had to move along.
    """

    debs: tuple[LockedDeb, ...]
    along: tuple[str, ...]


def hold_back(old: Lock, new: Lock, moving: Iterable[str], package: Callable[[LockedDeb], Package]) -> HeldBack:
    """Return the old closure with some source packages, and whatever they need, at their new versions.

    Args:
        old: The lock as it is.
        new: The same definition, locked anew: a closure in which everything has moved.
        moving: Source packages that shall move.
        package: Reads what a locked package says of itself.
    """
    before = {deb.name: package(deb) for deb in old.debs}
    after = {deb.name: package(deb) for deb in new.debs}

    def offers(relation: Relation) -> Iterable[Package]:
        return (one for one in after.values() if any(one.meets(other) for other in relation.alternatives))

    excused = {(one.package, one.relation) for lock in (old, new) for one in lock.excused}
    # What a wheel that moves needs of Debian must come with it; no package would ask for it.
    joining = [deb.name for deb in new.debs if deb.libraries]
    moved = move(before, after, moving, offers, excused, joining)
    kept, made = {deb.name: deb for deb in old.debs}, {deb.name: deb for deb in new.debs}
    debs = []
    for name in sorted(moved.packages):
        stays = moved.packages[name] is before.get(name)
        if stays and made.get(name) != kept[name]:
            debs.append(kept[name].model_copy(update={"at": kept[name].at or old.timestamp}))
        else:
            debs.append(kept[name] if stays else made[name])
    return HeldBack(tuple(debs), moved.along)
