"""``nautiloid update`` and ``notes``: what a newer lock would change and fix, and what one did."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid import catalog, places
from nautiloid.atomic import write_text
from nautiloid.cli import console
from nautiloid.cli.ages import parse_age
from nautiloid.cli.database_option import DatabaseOption
from nautiloid.cli.inspection_options import OutputOption, deliver
from nautiloid.cli.options import (
    ArchitecturesOption,
    DefinitionArgument,
    LockOption,
    MirrorOption,
    SecurityMirrorOption,
    load_all,
    lock_path,
)
from nautiloid.cli.scan import coverage
from nautiloid.errors import UsageError
from nautiloid.factory.locker import Mirrors
from nautiloid.factory.lockfile import LockError, read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.report import words
from nautiloid.report.release_notes import update_to_json, update_to_markdown
from nautiloid.updating.changelogs import ChangelogFixes, changelog_fixes
from nautiloid.updating.changes import Change, Vulnerability, fixed
from nautiloid.updating.update import Policy, Update, Updating, compare_locks, still_fixable
from nautiloid.vulns.database.reader import AdvisoryDatabase, open_database
from nautiloid.vulns.database.schema import default_path

UPDATES = 3
"""Exit code of ``--check`` where there is something to do; 1 and 2 are failures."""

_CVES_SHOWN = 1


class UpdateFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def update(
    definition: DefinitionArgument,
    *,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    check: Annotated[bool, typer.Option("--check", help=f"Exit {UPDATES} if there is something to do.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Write the new lock.")] = False,
    only_security: Annotated[
        bool, typer.Option("--only-security", help="Move only what fixes a known vulnerability, and what that needs.")
    ] = False,
    min_age: Annotated[
        str, typer.Option("--min-age", metavar="AGE", help="Leave out wheels that are younger, but for fixes: 7d, 2w.")
    ] = "0d",
    notes: Annotated[Path | None, typer.Option("--notes", help="Also write release notes, in Markdown.")] = None,
    output_format: Annotated[UpdateFormat, typer.Option("--format", help="How to say it.")] = UpdateFormat.TABLE,
    output: OutputOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
) -> None:
    """Resolve a definition anew and show what differs from its lock, and which known vulnerabilities that fixes.

    Nothing is written without --apply. Exit code 0: done; 1: it failed; 2: wrong usage; 3: with --check, there is
    something to do.

    Example: `nautiloid update pytorch --only-security --apply`

    In CI: `nautiloid update . --min-age 7d --check`
    """
    policy = Policy(only_security, parse_age(min_age))
    progress = console.TerminalProgress()
    pending = False
    with ExitStack() as open_things:
        held = _database(database, open_things, required=only_security)
        fetcher = open_things.enter_context(Fetcher(Store(places.cache_directory() / "store"), progress))
        for loaded in load_all(definition, arch):
            path = lock_path(loaded, lock, in_catalog=catalog.find(definition) is not None)
            old = read_lock(path)
            if only_security and old.definition != loaded.definition:
                raise LockError(
                    f"the lock {path} was made from another version of the definition",
                    "Make a new one with 'nautiloid lock': not only security fixes would move.",
                )
            mirrors = Mirrors(mirror, security_mirror)
            found = Updating(loaded, fetcher, mirrors, held, datetime.now(UTC)).propose(old, policy)
            fixes = changelog_fixes(found.old, found.new, fetcher, mirrors)
            _deliver(found, fixes, output_format, output)
            if notes is not None:
                write_text(notes, update_to_markdown(found, fixes))
            if apply and found.new != found.old:
                write_lock(found.new, path)
                console.err.print(f"Wrote {path}", markup=False)
            pending = pending or found.new != found.old
    if check and pending:
        raise typer.Exit(UPDATES)


def notes(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The previous lock.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The lock.")],
    *,
    output_format: Annotated[UpdateFormat, typer.Option("--format", help="How to say it.")] = UpdateFormat.MARKDOWN,
    output: OutputOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
) -> None:
    """Write release notes from two locks: what moved, and the CVEs that advisories and changelogs say are fixed.

    Changelogs are those that the Debian packages themselves bring; the packages are fetched where the cache lacks them.

    Example: `nautiloid notes yesterday/pytorch.lock pytorch.lock -o NOTES.md`
    """
    before, after = read_lock(old), read_lock(new)
    mirrors = Mirrors(mirror, security_mirror)
    with ExitStack() as open_things:
        held = _database(database, open_things, required=False)
        progress = console.TerminalProgress()
        fetcher = open_things.enter_context(Fetcher(Store(places.cache_directory() / "store"), progress))
        found = compare_locks(before, after, held)
        _deliver(found, changelog_fixes(before, after, fetcher, mirrors), output_format, output)


def _database(chosen: Path | None, open_things: ExitStack, *, required: bool) -> AdvisoryDatabase | None:
    """Open the advisories; without any, an update still works, and says nothing of vulnerabilities."""
    path = chosen or default_path()
    if chosen is not None or required or path.exists():
        return open_things.enter_context(open_database(path))
    console.err.print("note: there are no advisories here; 'nautiloid db update' brings them")
    return None


def _deliver(
    found: Update, fixes: tuple[ChangelogFixes, ...], output_format: UpdateFormat, output: Path | None
) -> None:
    match output_format:
        case UpdateFormat.JSON:
            deliver(update_to_json(found, fixes), output)
        case UpdateFormat.MARKDOWN:
            deliver(update_to_markdown(found, fixes), output)
        case UpdateFormat.TABLE:
            if output is not None:
                raise UsageError("a table goes to the terminal", "Give --format json or markdown with --output.")
            _print(found, fixes)


def _print(found: Update, fixes: tuple[ChangelogFixes, ...]) -> None:
    name = found.new.definition.name
    if found.after is not None and found.after.uncovered:
        console.err.print(Text(f"note: {coverage(found.after)}", style="yellow"))
    for note in (*found.notes, *(found.after.warnings if found.after is not None else ())):
        console.err.print(Text(f"note: {words.printable(note)}", style="yellow"))
    if not found.changes:
        console.out.print(f"{name}: nothing to update; locked {found.old.timestamp:%Y-%m-%d}", markup=False)
    else:
        table = Table(box=None, pad_edge=False)
        titles = ["Package", "From", "To", "Fixes", "Severity"]
        titles += ["Brings"] if any(change.brings for change in found.changes) else []
        for title in titles:
            table.add_column(title, no_wrap=title in ("Fixes", "Severity", "Brings"), overflow="fold")
        for change in sorted(found.changes, key=_urgency):
            gravest = max((one.severity for one in change.fixes), default=None)
            cells = (
                change.name if change.kind in ("deb", "wheel") else f"{change.name} ({change.kind})",
                change.before or "new", change.after or "gone", _told(change.fixes), gravest.word if gravest else "",
                _told(change.brings),
            )  # fmt: skip
            table.add_row(*(Text(words.printable(cell)) for cell in cells[: len(titles)]))
        console.out.print(table)
        repaired = fixed(found.changes)
        told = f", {len(repaired)} known vulnerabilities fixed" if found.after is not None else ""
        console.out.print(f"{name}: {len(found.changes)} changes{told}", markup=False)
    for one in fixes:
        line = f"changelog of {one.source} ({one.before} to {one.after}): {', '.join(one.cves)}"
        console.out.print(words.printable(line), markup=False)
    left = {one.identity for one in still_fixable(found.after)} if found.after is not None else set()
    if left:
        console.out.print(f"{len(left)} vulnerabilities with a fix stay: {', '.join(sorted(left)[:10])}", markup=False)


def _urgency(change: Change) -> tuple[int, str, str]:
    return -max((one.severity for one in change.fixes), default=0), change.kind, change.name


def _told(found: tuple[Vulnerability, ...]) -> str:
    shown = ", ".join(one.identity for one in found[:_CVES_SHOWN])
    return f"{shown} +{len(found) - _CVES_SHOWN}" if len(found) > _CVES_SHOWN else shown
