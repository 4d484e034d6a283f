"""``nautiloid db``: the advisory database: bring it up to date, look at it, carry it to sealed networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.judgement_options import DatabaseOption
from nautiloid.errors import UsageError
from nautiloid.report.terminal.sources import sources_to_lines
from nautiloid.report.words import size
from nautiloid.vulns.database.exports import EPSS, EXPLOITED, OSV_EXPORTS, Exports
from nautiloid.vulns.database.files import export_database, import_file
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import default_path, is_current
from nautiloid.vulns.database.update import USUAL, Lists, update_database

db = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Keep the database of known vulnerabilities: update, status, import, export.",
    epilog="Example: `nautiloid db update`, and then `nautiloid scan nautiloid/pytorch`",
)


@db.command("update")
def update(
    *,
    ecosystem: Annotated[
        list[str] | None,
        typer.Option(
            "--ecosystem", "-e", help=f"As OSV spells it. Repeatable. Default: what is held, or {', '.join(USUAL)}."
        ),
    ] = None,
    base: Annotated[
        str | None, typer.Option("--url", help="Host of OSV exports. Default: NAUTILOID_OSV_URL, or OSV's own.")
    ] = None,
    kev_url: Annotated[str, typer.Option("--kev-url", help="CISA's list; empty leaves it out.")] = EXPLOITED,
    epss_url: Annotated[str, typer.Option("--epss-url", help="FIRST's EPSS scores; empty leaves them out.")] = EPSS,
    full: Annotated[bool, typer.Option("--full", help="Fetch whole exports, not only what changed.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Fetch advisories from OSV: everything once, then only what changed.

    The new database replaces the old one when it is complete and its checksums agree; until then, and whenever
    something fails, the old one stays in use.

    Example: `nautiloid db update -e PyPI -e Debian`
    """
    path = database or default_path()
    exports = Exports(base or os.environ.get("NAUTILOID_OSV_URL") or OSV_EXPORTS)
    try:
        said = update_database(
            path,
            tuple(dict.fromkeys(ecosystem or _held(path) or USUAL)),
            exports,
            Lists(kev_url, epss_url),
            whole=full,
            progress=console.progress(),
        )
    finally:
        exports.close()
    console.show(said)


@db.command("status")
def status(*, database: DatabaseOption = None) -> None:
    """Say what the database holds, and how old it is.

    Example: `nautiloid db status`
    """
    path = database or default_path()
    with open_database(path) as opened:
        console.show([f"{path}, {size(path.stat().st_size)}", *sources_to_lines(opened.sources, width=console.width())])


@db.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="OSV zip or JSON, KEV, EPSS, or a 'db export'.")
    ],
    *,
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="Under which name an OSV export is kept, such as Debian.")
    ] = "",
    database: DatabaseOption = None,
) -> None:
    """Take advisories in from files; no network is used.

    An `all.zip` is called after its directory, any other file after itself; a file of the same name replaces what was
    taken in before.

    Example: `nautiloid db import PyPI/all.zip known_exploited_vulnerabilities.json`
    """
    if name and len(files) > 1:
        raise UsageError("--as names one file, and several are given", "Import them one by one.")
    for file in files:
        said = import_file(database or default_path(), file, name, console.progress())
        console.show([f"{file.name}: {said}"])


@db.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as advisories.db.zst.")],
    *,
    database: DatabaseOption = None,
) -> None:
    """Write the whole database to one file, for machines without a network.

    Example: `nautiloid db export advisories.db.zst`, and there `nautiloid db import advisories.db.zst`
    """
    export_database(database or default_path(), file)
    console.show([f"Wrote {file}, {size(file.stat().st_size)}"])


def _held(path: Path) -> tuple[str, ...]:
    """Return the ecosystems that are held and came from a host; files that were imported are left alone."""
    # What another version of Nautiloid has written is fetched anew, not updated.
    if not is_current(path):
        return ()
    with open_database(path) as opened:
        return tuple(source.name for source in opened.sources if source.origin.startswith(("http://", "https://")))
