"""Lock -> newer lock: everything, or only what fixes a known vulnerability; wheels not before they have cooled down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from packaging.utils import canonicalize_name
from packaging.version import Version

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.factory.wheels.resolver import Bounds, ResolutionError
from nautiloid.net.fetch import Fetcher
from nautiloid.updating.changes import LockChange, changes_between, with_vulnerabilities
from nautiloid.updating.control_data import control_data
from nautiloid.updating.holding_back import hold_back
from nautiloid.vulns.model import Finding, ScanResult, State

Judge = Callable[[Lock], ScanResult | None]
"""Returns the judged scan of a lock; None where there are no advisories."""


@dataclass(frozen=True)
class Policy:
    """How far an update may go.

    Attributes:
        only_security: Move only what fixes a known vulnerability, and what that needs.
        cool_down: Wheels younger than this stay out, unless they fix a known vulnerability; zero takes any.
    """

    only_security: bool = False
    cool_down: timedelta = timedelta(0)


@dataclass(frozen=True)
class Update:
    """What an update would do.

    Attributes:
        old: The lock as it is.
        new: The lock as it would be; the old one itself where nothing moves.
        changes: What moves.
        before: The scan of the old lock; None without advisories.
        after: The scan of the new lock.
        notes: What a reader must know, in sentences.
    """

    old: Lock
    new: Lock
    changes: tuple[LockChange, ...]
    before: ScanResult | None
    after: ScanResult | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Updating:
    """The surroundings of an update: the definition, the way to downloads, and the advisories.

    Attributes:
        judge: Says what vulnerabilities a lock has.
        now: The moment from which a wheel's age counts.
    """

    loaded: LoadedDefinition
    fetcher: Fetcher
    mirrors: Mirrors
    judge: Judge
    now: datetime

    def propose(self, old: Lock, policy: Policy) -> Update:
        """Return what an update would do; nothing is written.

        Args:
            old: The lock, which fits the definition.
            policy: How far it may go; ``only_security`` needs advisories.

        Raises:
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        notes: list[str] = []
        before = self.judge(old)
        new = self._with_wheels(old, policy, before, notes)
        if policy.only_security and before is not None:
            new = self._held_back(old, new, before, notes)
        if self._same(old, new):
            new = old
        after = before if new is old else self.judge(new)
        return _compared(old, new, before, after, tuple(notes))

    def _with_wheels(self, old: Lock, policy: Policy, before: ScanResult | None, notes: list[str]) -> Lock:
        affected = _fixable_wheels(before) if before is not None else frozenset()
        pins = tuple(f"{wheel.name}=={wheel.version}" for wheel in old.wheels
                     if canonicalize_name(wheel.name) not in affected)  # fmt: skip
        constraints = pins if policy.only_security else ()
        limit = self.now - policy.cool_down if policy.cool_down else None
        if policy.only_security and (not affected or not old.wheels):
            # Nothing of Python moves, so that neither its age nor the index matters.
            limit, constraints = None, tuple(f"{wheel.name}=={wheel.version}" for wheel in old.wheels)
        new = self._first_that_resolves(old, constraints, limit, notes)
        new = self._not_older(old, new, limit)
        return self._exempt_fixes(new, limit, notes)

    def _first_that_resolves(
        self, old: Lock, constraints: tuple[str, ...], limit: datetime | None, notes: list[str]
    ) -> Lock:
        """Resolve as was asked; else, in this order, without the cool-down, and with the wheels as they are."""
        pinned = tuple(f"{wheel.name}=={wheel.version}" for wheel in old.wheels)
        attempts = [Bounds(constraints, limit)]
        if limit is not None and constraints:
            attempts.append(Bounds(constraints))
        if limit is not None or constraints:
            attempts.append(Bounds(pinned))
        for number, bounds in enumerate(attempts):
            try:
                return make_lock(self.loaded, self.fetcher, self.mirrors, bounds, built=old.built)
            except ResolutionError as error:
                if number + 1 == len(attempts):
                    raise
                reason = " ".join(error.message.split())[:400]
                what = "the cool-down cannot be kept" if len(attempts) - number > 2 else "the wheels stay as they are"
                notes.append(f"{what}: {reason}")
        raise AssertionError("there is always an attempt")

    def _not_older(self, old: Lock, new: Lock, limit: datetime | None) -> Lock:
        """Keep wheels that are in use already: a cool-down is no reason to go back."""
        held = {wheel.name: Version(wheel.version) for wheel in old.wheels}
        back = {wheel.name for wheel in new.wheels if Version(wheel.version) < held.get(wheel.name, Version("0"))}
        if limit is None or not back:
            return new
        constraints = [f"{name}=={held[name]}" for name in sorted(back)]
        constraints += [f"{wheel.name}<={wheel.version}" for wheel in new.wheels if wheel.name not in back]
        return make_lock(self.loaded, self.fetcher, self.mirrors, Bounds(tuple(constraints)), built=old.built)

    def _exempt_fixes(self, new: Lock, limit: datetime | None, notes: list[str]) -> Lock:
        """Let wheels that fix a known vulnerability in before they have cooled down."""
        found = self.judge(new) if limit is not None else None
        waiting = _fixable_wheels(found) if found is not None else frozenset()
        if not waiting:
            return new
        constraints = tuple(
            f"{wheel.name}{'>=' if canonicalize_name(wheel.name) in waiting else '=='}{wheel.version}"
            for wheel in new.wheels
        )
        try:
            moved = make_lock(self.loaded, self.fetcher, self.mirrors, Bounds(constraints), built=new.built)
        except ResolutionError:
            return new
        early = [f"{after.name} {after.version}" for before, after in _pairs(new.wheels, moved.wheels)
                 if before.version != after.version]  # fmt: skip
        if early:
            notes.append(f"younger than the cool-down, but fix vulnerabilities: {', '.join(early)}")
        return moved

    def _held_back(self, old: Lock, new: Lock, before: ScanResult, notes: list[str]) -> Lock:
        # A finding's package is the source package where the ecosystem has such; locks hold nothing else beside wheels.
        moving = {finding.package for finding in before.open if finding.state is State.FIXED}
        held = hold_back(old, new, moving, control_data((old, new), self.fetcher, self.mirrors))
        if held.along:
            notes.append(f"had to move along: {', '.join(held.along)}")
        python = f"python{old.definition.python.version}" if old.definition.python else ""
        compiler = new.compiler if python in {*moving, *held.along} else tuple(
            deb.model_copy(update={"at": deb.at or old.timestamp}) for deb in old.compiler
        )  # fmt: skip
        excused = {(one.package, one.relation): one for lock in (old, new) for one in lock.excused}
        present = {deb.name for deb in held.debs} | {""}
        kept = tuple(one for key, one in sorted(excused.items()) if one.package in present)
        return new.model_copy(update={"debs": held.debs, "compiler": compiler, "excused": kept})

    @staticmethod
    def _same(old: Lock, new: Lock) -> bool:
        """Tell whether two locks build the same: the archive's date alone is no reason for a new image."""
        return not changes_between(old, new) and old.definition == new.definition


def compare_locks(old: Lock, new: Lock, judge: Judge) -> Update:
    """Return what moved between two locks that there are.

    Args:
        old: The previous lock.
        new: The lock.
        judge: Says what vulnerabilities a lock has.
    """
    return _compared(old, new, judge(old), judge(new), ())


def _compared(
    old: Lock, new: Lock, before: ScanResult | None, after: ScanResult | None, notes: tuple[str, ...]
) -> Update:
    changes = changes_between(old, new)
    if before is not None and after is not None:
        changes = with_vulnerabilities(changes, before, after)
    return Update(old, new, changes, before, after, notes)


def still_fixable(result: ScanResult) -> tuple[Finding, ...]:
    """Return what a newer version would fix, and the definition's own pins hold back."""
    return tuple(finding for finding in result.open if finding.state is State.FIXED)


def _fixable_wheels(result: ScanResult) -> frozenset[str]:
    return frozenset(
        canonicalize_name(part.name)
        for finding in result.open
        if finding.state is State.FIXED
        for part in finding.parts
        if part.purl.startswith("pkg:pypi/")
    )


def _pairs(old: Sequence[LockedWheel], new: Sequence[LockedWheel]) -> list[tuple[LockedWheel, LockedWheel]]:
    after = {wheel.name: wheel for wheel in new}
    return [(wheel, after[wheel.name]) for wheel in old if wheel.name in after]
