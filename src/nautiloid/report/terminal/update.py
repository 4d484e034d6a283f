"""What an update of a lock changes, fixes and leaves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.report.vulnerabilities.table import coverage
from nautiloid.report.words import counted
from nautiloid.updating.changes import LockChange, Vulnerability, fixed
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.updating.update import Update, still_fixable

_CVES_SHOWN = 1
_LEFT_SHOWN = 10


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
        count = counted(len(fixed(found.changes)), "known vulnerability")
        sums = f"{name}: {counted(len(found.changes), 'change')}" + (f", {count} fixed" if found.after else "")
        lines = [*_table(found, width), *plain([sums], width)]
    brought = (f"{one.name} brings {_shown(one.brings, None)}" for one in found.changes if one.brings)
    logs = (f"changelog of {one.source} ({one.before} to {one.after}): {', '.join(one.cves)}" for one in fixes)
    left = sorted({one.identity for one in still_fixable(found.after)}) if found.after is not None else []
    shown = left if width is None else left[:_LEFT_SHOWN]
    more = f" and {len(left) - len(shown)} more" if len(left) > len(shown) else ""
    stay = [f"{counted(len(left), 'vulnerability')} with a fix not taken: {', '.join(shown)}{more}"] if left else []
    return [*lines, *plain([*brought, *logs, *stay], width)]


def update_remarks(found: Update) -> list[str]:
    """Return what a reader must know beside the table, in sentences."""
    if found.after is None:
        return ["there are no advisories here; 'nautiloid db update' brings them", *found.notes]
    gaps = [coverage(found.after)] if found.after.uncovered else []
    return [*gaps, *found.notes, *found.after.warnings]


def _table(found: Update, width: int | None) -> list[Text]:
    columns = [Column("Package", fixed=True), Column("From", fixed=True), Column("To", fixed=True)]
    if any(change.fixes for change in found.changes):
        columns += [Column("Fixes", fixed=True), Column("Severity", fixed=True, drop=1)]
    most = _CVES_SHOWN if width is not None else None
    rows = [_row(change, most)[: len(columns)] for change in sorted(found.changes, key=_urgency)]
    return render_table(columns, rows, width=width)


def _row(change: LockChange, most: int | None) -> list[str]:
    gravest = max((one.severity for one in change.fixes), default=None)
    return [
        change.name if change.kind in ("deb", "wheel") else f"{change.name} ({change.kind})",
        change.before or "new",
        change.after or "gone",
        _shown(change.fixes, most),
        gravest.word if gravest else "",
    ]


def _urgency(change: LockChange) -> tuple[int, str, str]:
    return -max((one.severity for one in change.fixes), default=0), change.kind, change.name


def _shown(found: Sequence[Vulnerability], most: int | None) -> str:
    shown = found[:most]
    told = ", ".join(one.identity for one in shown)
    return f"{told} +{len(found) - len(shown)}" if len(found) > len(shown) else told
