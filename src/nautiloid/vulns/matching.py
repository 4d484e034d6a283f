"""Whether a version is affected, exactly as the OSV specification evaluates it.

Source: ossf.github.io/osv-schema, "Evaluation". A version is affected when ``versions`` lists it (compared as versions,
not as texts) or when a range holds it. Events are sorted first, because records do not always sort them; at one version
``introduced`` counts before ``last_affected`` before ``fixed``; ``introduced: "0"`` lies below every version, also
below every pre-release.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nautiloid.packages.kind import VersionKey
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.osv import EVENT_KINDS, Range

_COMPARABLE = ("ECOSYSTEM", "SEMVER")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What evaluating one advisory for one version gave.

    Attributes:
        affected: Whether the version is affected.
        fixed: The version that ends the range that holds it; empty where none is named.
        last_affected: The last version that is affected, where the record says that instead.
        open_range: A range holds the version and nothing ends it: there is no fix.
        unevaluated: What could not be compared, in words.
    """

    affected: bool
    fixed: str = ""
    last_affected: str = ""
    open_range: bool = False
    unevaluated: tuple[str, ...] = ()


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


@dataclass(slots=True)
class _Sum:
    """What all ranges together say."""

    affected: bool = False
    fixes: list[tuple[Any, str]] = field(default_factory=list)
    last: str = ""
    open_range: bool = False


def evaluate(version: str, ranges: tuple[Range, ...], versions: tuple[str, ...], key: VersionKey) -> Verdict:
    """Evaluate the ranges and versions of one affected package.

    Args:
        version: What is installed.
        ranges: From the record; those of type GIT are passed over.
        versions: From the record.
        key: The ecosystem's version order.

    Raises:
        InvalidVersionError: ``version`` itself cannot be compared.
    """
    mine = key(version)
    trouble: list[str] = []
    total = _Sum()
    for one in ranges:
        if one.kind in _COMPARABLE:
            _evaluate_range(mine, one, key, total, trouble)
    listed = not total.affected and _lists(version, mine, versions, key)
    fixed = min(total.fixes, key=lambda pair: pair[0])[1] if total.fixes else ""
    return Verdict(total.affected or listed, fixed, total.last, total.open_range, tuple(trouble))


def _evaluate_range(mine: Any, one: Range, key: VersionKey, total: _Sum, trouble: list[str]) -> None:
    events, beyond = _sorted_events(mine, one, key, trouble)
    if beyond:
        return
    affected = False
    ends: _Event | None = None
    for event in events:
        reached = not event.above_zero or mine >= event.place
        if event.kind == "introduced" and reached:
            affected, ends = True, None
        elif event.kind != "introduced" and (reached if event.kind == "fixed" else _behind(mine, event)):
            affected = False
        elif affected and ends is None and event.kind != "introduced":
            ends = event
    if not affected:
        return
    total.affected = True
    if ends is None:
        total.open_range = True
    elif ends.kind == "fixed":
        total.fixes.append((ends.place, ends.version))
    else:
        total.last = ends.version


def _behind(mine: Any, event: _Event) -> bool:
    """Tell whether a version lies above an event's, not at it."""
    return not event.above_zero or bool(mine > event.place)


def _sorted_events(mine: Any, one: Range, key: VersionKey, trouble: list[str]) -> tuple[list[_Event], bool]:
    """Return the events of a range in order, and whether its limits end before the version."""
    events: list[_Event] = []
    limits: list[Any] = []
    endless = True
    for kind, text in one.events:
        try:
            if kind != "limit":
                # "0" is below everything; its key is never compared with another's.
                events.append(_Event(text != "0", 0 if text == "0" else key(text), kind, text))
            elif text != "*":
                endless = False
                limits.append(key(text))
        except InvalidVersionError as error:
            trouble.append(error.message)
    events.sort(key=lambda event: (event.above_zero, event.place, EVENT_KINDS.index(event.kind)))
    return events, not endless and not any(mine < limit for limit in limits)


def _lists(version: str, mine: Any, versions: tuple[str, ...], key: VersionKey) -> bool:
    if version in versions:
        return True
    for text in versions:
        try:
            if key(text) == mine:
                return True
        except InvalidVersionError:
            continue
    return False
