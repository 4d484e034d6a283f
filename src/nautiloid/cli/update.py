"""``nautiloid update`` and ``notes``: what a newer lock would change and fix, and what one did."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nautiloid.atomic import write_text
from nautiloid.cli import console
from nautiloid.cli.ages import parse_age
from nautiloid.cli.definition_options import (
    ArchitecturesOption,
    DefinitionArgument,
    LockOption,
    MirrorOption,
    OutsideOption,
    SecurityMirrorOption,
)
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, MaxAgeOption, VexOption, criteria
from nautiloid.cli.output import TABLE, OutputOption, format_option, report
from nautiloid.debian.mirrors import Mirrors
from nautiloid.report.formats.update import UPDATE_FORMATS
from nautiloid.report.terminal.update import update_remarks, update_to_lines
from nautiloid.updating.lock_update import LockUpdate
from nautiloid.workflows.update import UpdateCriteria, compare, updates_of

UPDATES = 3
"""Exit code of ``--check`` where there is something to do; 1 and 2 are failures."""


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
    output_format: Annotated[str, format_option(UPDATE_FORMATS)] = TABLE,
    output: OutputOption = None,
    vex: VexOption = None,
    ignore_file: IgnoreFileOption = None,
    max_db_age: MaxAgeOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    allow_outside: OutsideOption = None,
) -> None:
    """Resolve a definition anew and show what differs from its lock, and which known vulnerabilities that fixes.

    What VEX (attached to the image that was built from the lock, or given) or an ignore file lifts needs no fix.
    Nothing is written without --apply. Exit code 0: done; 1: it failed; 2: wrong usage; 3: with --check, there is
    something to do.

    Example: `nautiloid update pytorch --only-security --apply`

    In CI: `nautiloid update . --min-age 7d --check`
    """
    wanted = UpdateCriteria(
        only_security,
        parse_age(min_age),
        criteria(vex, ignore_file, max_db_age),
        database,
        Mirrors(mirror, security_mirror),
    )
    pending = False
    outside = allow_outside or ()
    for found in updates_of(
        definition, console.workspace(), wanted, architectures=arch, lock=lock, outside=outside
    ):  # fmt: skip
        _report(found, output_format, output)
        if notes is not None:
            write_text(notes, UPDATE_FORMATS.write("markdown", found))
        if apply and found.pending:
            found.apply()
            console.remark(f"Wrote {found.path}")
        pending = pending or found.pending
    if check and pending:
        raise typer.Exit(UPDATES)


def notes(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The previous lock.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The lock.")],
    *,
    output_format: Annotated[str, format_option(UPDATE_FORMATS)] = "markdown",
    output: OutputOption = None,
    vex: VexOption = None,
    ignore_file: IgnoreFileOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
) -> None:
    """Write release notes from two locks: what moved, and the CVEs that advisories and changelogs say are fixed.

    Changelogs are those that the Debian packages themselves bring; the packages are fetched where the cache lacks them.

    Example: `nautiloid notes yesterday/pytorch.lock pytorch.lock -o NOTES.md`
    """
    judgement = criteria(vex, ignore_file, None)
    wanted = UpdateCriteria(criteria=judgement, database=database, mirrors=Mirrors(mirror, security_mirror))
    _report(compare(old, new, console.workspace(), wanted), output_format, output)


def _report(found: LockUpdate, output_format: str, output: Path | None) -> None:
    report(found, output_format, UPDATE_FORMATS, partial(update_to_lines, found), output)
    if output_format == TABLE:
        for remark in update_remarks(found.update):
            console.note(remark)
