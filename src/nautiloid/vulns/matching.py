"""Whether a version is affected, exactly as the OSV specification evaluates it.

Source: ossf.github.io/osv-schema, "Evaluation". A version is affected when ``versions`` lists it (compared as versions,
not as texts) or when a range holds it. Events are sorted first, because records do not always sort them; at one version
``introduced`` counts before ``last_affected`` before ``fixed``; ``introduced: "0"`` lies below every version, also
below every pre-release.

Records also hold ends that are no versions (``2.6.0-NA``). Such a range is read twice: with the number that the end
begins with, and as if that end were not there. What either reading affects is affected, and the verdict is in doubt.

The label of a build (``+cu128``) counts only against ``fixed``: an advisory about 2.10.0 means every build of it, while
a fix that came in the build ``2.11.0+patch1`` is in no other build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nautiloid.errors import quotable
from nautiloid.packages.kind import VersionKey
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.osv import EVENT_KINDS, Range

_COMPARABLE = ("ECOSYSTEM", "SEMVER")
_NUMBERS = re.compile(r"[vV]?(\d+(?:\.\d+)*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class VersionOrder:
    """How the versions of one ecosystem are compared.

    Attributes:
        key: Returns a version's sort key.
        published: Returns a version without the label of a build, as advisories name it.
    """

    key: VersionKey
    published: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What evaluating one advisory for one version gave.

    Attributes:
        affected: Whether the version is affected, or may be.
        fixed: The version that ends the range that holds it; empty where none is named.
        last_affected: The last version that is affected, where the record says that instead.
        open_range: A range holds the version and nothing ends it: there is no fix.
        doubts: Why it is not certain, in words; none where a part of the record that can be compared says so.
    """

    affected: bool
    fixed: str = ""
    last_affected: str = ""
    open_range: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Event:
    """One event of a range, ready to be compared.

    Attributes:
        above_zero: False for the version ``"0"``, which lies below all others.
        place: The version's sort key.
    """

    above_zero: bool
    place: Any
    kind: str
    version: str


@dataclass(frozen=True, slots=True)
class _Mine:
    """The installed version.

    Attributes:
        exact: Its sort key.
        published: That of the version that it is a build of.
    """

    version: str
    exact: Any
    published: Any

    def reaches(self, event: _Event) -> bool:
        """Tell whether it lies at an event or above."""
        place = self.exact if event.kind == "fixed" else self.published
        return not event.above_zero or bool(place >= event.place)

    def is_behind(self, event: _Event) -> bool:
        """Tell whether it lies above an event, not at it."""
        return not event.above_zero or bool(self.published > event.place)


@dataclass(slots=True)
class _Sum:
    """What all ranges together say."""

    certain: bool = False
    fixes: list[tuple[Any, str]] = field(default_factory=list)
    last: str = ""
    open_range: bool = False
    doubts: list[str] = field(default_factory=list)


def evaluate(version: str, ranges: tuple[Range, ...], versions: tuple[str, ...], order: VersionOrder) -> Verdict:
    """Evaluate the ranges and versions of one affected package.

    Args:
        version: What is installed.
        ranges: From the record; those of type GIT are passed over.
        versions: From the record.
        order: The ecosystem's.

    Raises:
        InvalidVersionError: ``version`` itself cannot be compared.
    """
    mine = _Mine(version, order.key(version), order.key(order.published(version)))
    total = _Sum()
    for one in ranges:
        if one.kind in _COMPARABLE:
            _evaluate_range(mine, one, order, total)
    listed = not total.certain and _lists(mine, versions, order)
    certain = total.certain or listed
    fixed = min(total.fixes, key=lambda pair: pair[0])[1] if total.fixes else ""
    doubts = () if certain else tuple(total.doubts)
    return Verdict(certain or bool(doubts), fixed, total.last, total.open_range, doubts)


def _evaluate_range(mine: _Mine, one: Range, order: VersionOrder, total: _Sum) -> None:
    unreadable = [pair for pair in one.events if not _is_comparable(pair, order)]
    if not unreadable:
        held, ends = _holds(mine, one.events, order)
        if held:
            total.certain = True
            _note_end(ends, total)
        return
    read = [pair if pair not in unreadable else (pair[0], _beginning(pair[1], order)) for pair in one.events]
    held, ends = _holds(mine, read, order)
    without = [pair if pair not in unreadable else (pair[0], None) for pair in one.events]
    held_without, _ = _holds(mine, without, order)
    if not held and not held_without:
        return
    if held and ends is not None and ends.kind == "fixed" and (ends.kind, ends.version) in one.events:
        total.fixes.append((ends.place, ends.version))
    for _, text in dict.fromkeys(unreadable):
        meant = _beginning(text, order)
        reading = f"; read as {meant}, it {'holds' if held else 'does not hold'} {mine.version}" if meant else ""
        total.doubts.append(f"its range names {quotable(text, 60)!r}, which is no version{reading}")


def _note_end(ends: _Event | None, total: _Sum) -> None:
    if ends is None:
        total.open_range = True
    elif ends.kind == "fixed":
        total.fixes.append((ends.place, ends.version))
    else:
        total.last = ends.version


def _holds(mine: _Mine, stated: Sequence[tuple[str, str | None]], order: VersionOrder) -> tuple[bool, _Event | None]:
    """Tell whether a range holds the version, and which event ends it behind the version.

    Args:
        mine: The version.
        stated: The events; None for a version that nobody can read: then the range begins with the first version, and
            does not end.
        order: The ecosystem's.
    """
    events, beyond = _sorted_events(mine, stated, order)
    if beyond:
        return False, None
    affected = False
    ends: _Event | None = None
    for event in events:
        if event.kind == "introduced" and mine.reaches(event):
            affected, ends = True, None
        elif event.kind != "introduced" and (mine.reaches(event) if event.kind == "fixed" else mine.is_behind(event)):
            affected = False
        elif affected and ends is None and event.kind != "introduced":
            ends = event
    return affected, ends


def _sorted_events(
    mine: _Mine, stated: Sequence[tuple[str, str | None]], order: VersionOrder
) -> tuple[list[_Event], bool]:
    """Return the events of a range in order, and whether its limits end before the version."""
    events: list[_Event] = []
    limits: list[Any] = []
    endless = True
    for kind, text in stated:
        if kind == "limit":
            if text is None:
                return _sorted_events(mine, [pair for pair in stated if pair[0] != "limit"], order)
            if text != "*":
                endless = False
                limits.append(order.key(text))
        elif text is not None:
            meant = text if kind == "fixed" else order.published(text)
            # "0" is below everything; its key is never compared with another's.
            events.append(_Event(text != "0", 0 if text == "0" else order.key(meant), kind, text))
        elif kind == "introduced":
            events.append(_Event(above_zero=False, place=0, kind=kind, version="0"))
    events.sort(key=lambda event: (event.above_zero, event.place, EVENT_KINDS.index(event.kind)))
    return events, not endless and not any(mine.exact < limit for limit in limits)


def _is_comparable(event: tuple[str, str], order: VersionOrder) -> bool:
    _, text = event
    if text == "0" or event == ("limit", "*"):
        return True
    try:
        order.key(text)
        order.key(order.published(text))
    except InvalidVersionError:
        return False
    return True


def _beginning(text: str, order: VersionOrder) -> str | None:
    """Return the number that a text begins with; None where it begins with none that is a version."""
    match = _NUMBERS.match(text)
    return match[1] if match and _is_comparable(("introduced", match[1]), order) else None


def _lists(mine: _Mine, versions: tuple[str, ...], order: VersionOrder) -> bool:
    if mine.version in versions:
        return True
    for text in versions:
        try:
            if order.key(order.published(text)) == mine.published:
                return True
        except InvalidVersionError:
            continue
    return False
