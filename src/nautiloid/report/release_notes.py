"""What an update changes, as release notes in Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from nautiloid.report import words
from nautiloid.updating.changelogs import ChangelogFixes
from nautiloid.updating.changes import LockChange, Vulnerability, fixed
from nautiloid.updating.update import Update, still_fixable

SCHEMA = 1
"""Grows when a field of the JSON changes its meaning or goes away."""


def update_to_markdown(update: Update, changelogs: Sequence[ChangelogFixes]) -> str:
    """Return release notes: what moved, what that fixes by the advisories, and by the packages' own changelogs."""
    return "\n".join(_lines(update, changelogs)) + "\n"


def update_to_json(update: Update, changelogs: Sequence[ChangelogFixes]) -> str:
    """Return an update as JSON with a ``schema`` number."""
    data = {
        "schema": SCHEMA,
        "name": update.new.definition.name,
        "from": {"lock": update.old.digest, "timestamp": update.old.timestamp.isoformat()},
        "to": {"lock": update.new.digest, "timestamp": update.new.timestamp.isoformat()},
        "changes": [_change(change) for change in update.changes],
        "fixes": [_vulnerability(one) for one in fixed(update.changes)],
        "changelogs": [asdict(one) for one in changelogs],
        "left": sorted({one.identity for one in still_fixable(update.after)}) if update.after else [],
        "scanned": update.after is not None,
        "notes": update.notes,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _lines(update: Update, changelogs: Sequence[ChangelogFixes]) -> Iterator[str]:
    lock = update.new
    yield f"# {lock.definition.name}: {update.old.timestamp:%Y-%m-%d} to {lock.timestamp:%Y-%m-%d}"
    yield ""
    if not update.changes:
        yield "Nothing changed."
        return
    repaired = fixed(update.changes)
    yield f"{len(update.changes)} changes" + (f", {len(repaired)} known vulnerabilities fixed." if repaired else ".")
    yield ""
    yield "| What | Name | From | To | Fixes | Brings |"
    yield "|---|---|---|---|---|---|"
    for change in update.changes:
        cells = (change.kind, change.name, change.before or "new", change.after or "gone", _told(change.fixes),
                 _told(change.brings))  # fmt: skip
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    if changelogs:
        yield ""
        yield "## Named by the packages' own changelogs"
        yield ""
        for one in changelogs:
            yield f"- {_cell(one.source)} {_cell(one.before)} to {_cell(one.after)}: {', '.join(one.cves)}"
    left = sorted({f"{one.identity} in {one.package} {one.version} (fixed in {one.fixed})"
                   for one in still_fixable(update.after)}) if update.after else []  # fmt: skip
    if left:
        yield ""
        yield "## A fix exists, and this update does not bring it"
        yield ""
        yield from (f"- {_cell(line)}" for line in left)
    if update.notes:
        yield ""
        yield from (f"Note: {_cell(note)}" for note in update.notes)
    yield ""
    dates = ", ".join(f"{source.name} {source.as_of[:10]}" for source in update.after.sources) if update.after else ""
    yield f"Lock `{lock.digest[:12]}`; advisories as of: {dates or 'none were held'}."


def _told(found: Sequence[Vulnerability]) -> str:
    return ", ".join(f"{one.identity} ({one.severity.word})" for one in found)


def _cell(text: str) -> str:
    """Versions and names are others' texts: nothing of them may become Markdown or HTML."""
    plain = words.printable(text.replace("\n", " "))
    return "".join(f"\\{char}" if char in "\\|[]<>*_`" else char for char in plain)


def _change(change: LockChange) -> dict[str, Any]:
    data = asdict(change)
    data["fixes"] = [_vulnerability(one) for one in change.fixes]
    data["brings"] = [_vulnerability(one) for one in change.brings]
    return data


def _vulnerability(one: Vulnerability) -> dict[str, str]:
    return {"id": one.identity, "severity": one.severity.word}
