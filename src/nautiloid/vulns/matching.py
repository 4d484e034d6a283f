"""Whether a version is affected, exactly as the OSV specification evaluates it.

Source: ossf.github.io/osv-schema, "Evaluation". A version is affected when ``versions`` lists it (compared as versions,
not as texts) or when a range holds it. Events are sorted first, because records do not always sort them; at one version
``introduced`` counts before ``last_affected`` before ``fixed``; ``introduced: "0"`` lies below every version, also below
every pre-release.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.ecosystems import Key
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


@dataclass(slots=True)
class _Sum:
    """What all ranges together say."""

    affected: bool = False
    fixes: list[tuple[Any, str]] = field(default_factory=list)
    last: str = ""
    open_range: bool = False


def evaluate(version: str, ranges: tuple[Range, ...], versions: tuple[str, ...], key: Key) -> Verdict:
    """Evaluate the ranges and versions of one affected package.

    Args:
        version: What is installed.
        ranges: From the record; those of type GIT are passed over.
        versions: From the record.
        key: The family's version order.

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


def _evaluate_range(mine: Any, one: Range, key: Key, total: _Sum, trouble: list[str]) -> None:
    events: list[tuple[tuple[int, Any], int, str]] = []
    limits: list[Any] = []
    limited = False
    for kind, text in one.events:
        try:
            if kind == "limit":
                limited = True
                limits += [] if text == "*" else [key(text)]
                limited = limited and text != "*"
            else:
                # "0" is below everything; its key is never compared with another's.
                place = (0, 0) if text == "0" else (1, key(text))
                events.append((place, EVENT_KINDS.index(kind), text))
        except InvalidVersionError as error:
            trouble.append(error.message)
    events.sort(key=lambda event: (event[0], event[1]))
    if limited and not any(mine < limit for limit in limits):
        return
    affected = False
    ends: tuple[int, Any, str] | None = None
    for (above, place), kind_number, text in events:
        kind = EVENT_KINDS[kind_number]
        reached = not above or mine >= place
        if kind == "introduced" and reached:
            affected, ends = True, None
        elif kind == "fixed" and reached:
            affected = False
        elif kind == "last_affected" and (not above or mine > place):
            affected = False
        elif affected and ends is None and kind in ("fixed", "last_affected"):
            ends = (kind_number, place, text)
    if not affected:
        return
    total.affected = True
    if ends is None:
        total.open_range = True
    elif EVENT_KINDS[ends[0]] == "fixed":
        total.fixes.append((ends[1], ends[2]))
    else:
        total.last = ends[2]


def _lists(version: str, mine: Any, versions: tuple[str, ...], key: Key) -> bool:
    if version in versions:
        return True
    for text in versions:
        try:
            if key(text) == mine:
                return True
        except InvalidVersionError:
            continue
    return False
