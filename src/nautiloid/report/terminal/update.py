"""What an update of a lock changes, fixes and leaves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.report.vulnerabilities.table import coverage
from nautiloid.updating.changes import Change, Vulnerability, fixed
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.updating.update import Update, still_fixable

_CVES_SHOWN = 1


def update_to_lines(proposed: LockUpdate, *, width: int | None) -> list[Text]:
    """Return an update; its notes are left to the caller, since they belong on standard error.

    Args:
        proposed: The update, and what the packages' own changelogs name.
        width: Cells of the terminal; None for a pipe.
    """
    found, fixes = proposed.update, proposed.changelogs
    name = found.new.definition.name
    if not found.changes:
        sums = f"{name}: nothing to update; locked {found.old.timestamp:%Y-%m-%d}"
        lines = plain([sums], width)
    else:
        repaired = f", {len(fixed(found.changes))} known vulnerabilities fixed" if found.after is not None else ""
        lines = [*_table(found, width), *plain([f"{name}: {len(found.changes)} changes{repaired}"], width)]
    logs = (f"changelog of {one.source} ({one.before} to {one.after}): {', '.join(one.cves)}" for one in fixes)
    left = sorted({one.identity for one in still_fixable(found.after)}) if found.after is not None else []
    stay = [f"{len(left)} vulnerabilities with a fix stay: {', '.join(left[:10])}"] if left else []
    return [*lines, *plain([*logs, *stay], width)]


def update_remarks(found: Update) -> list[str]:
    """Return what a reader must know beside the table, in sentences."""
    if found.after is None:
        return ["there are no advisories here; 'nautiloid db update' brings them", *found.notes]
    gaps = [coverage(found.after)] if found.after.uncovered else []
    return [*gaps, *found.notes, *found.after.warnings]


def _table(found: Update, width: int | None) -> list[Text]:
    brings = any(change.brings for change in found.changes)
    columns = [
        Column("Package", fixed=True),
        Column("From", fixed=True),
        Column("To", fixed=True),
        Column("Fixes", fixed=True, drop=1),
        Column("Severity", fixed=True, drop=2),
        *([Column("Brings", fixed=True, drop=1)] if brings else []),
    ]
    rows = [_row(change, brings=brings) for change in sorted(found.changes, key=_urgency)]
    return render_table(columns, rows, width=width)


def _row(change: Change, *, brings: bool) -> list[str]:
    gravest = max((one.severity for one in change.fixes), default=None)
    return [
        change.name if change.kind in ("deb", "wheel") else f"{change.name} ({change.kind})",
        change.before or "new",
        change.after or "gone",
        _shown(change.fixes),
        gravest.word if gravest else "",
        *([_shown(change.brings)] if brings else []),
    ]


def _urgency(change: Change) -> tuple[int, str, str]:
    return -max((one.severity for one in change.fixes), default=0), change.kind, change.name


def _shown(found: Sequence[Vulnerability]) -> str:
    shown = ", ".join(one.identity for one in found[:_CVES_SHOWN])
    return f"{shown} +{len(found) - _CVES_SHOWN}" if len(found) > _CVES_SHOWN else shown
