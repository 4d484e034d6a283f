"""The ``nautiloid`` command: its sub-commands, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.markup import escape

import nautiloid
from nautiloid.cli import (
    automate,
    build,
    catalog,
    compare,
    console,
    copy,
    db,
    diff,
    images,
    init,
    inspect,
    lab,
    lock,
    patch,
    pull,
    push,
    run,
    sbom,
    scan,
    slim,
    test,
    update,
    vex,
)
from nautiloid.errors import NautiloidError

app = typer.Typer(
    name="nautiloid",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Put AI workloads in a hard shell: build, run and prove minimal container images.",
)
app.command("catalog")(catalog.catalog)
app.command("init")(init.init)
app.command("lock")(lock.lock)
app.command("build")(build.build)
app.command("run", context_settings={"allow_interspersed_args": False})(run.run)
app.command("test")(test.test)
app.command("inspect")(inspect.inspect)
app.command("compare")(compare.compare)
app.command("sbom")(sbom.sbom)
app.command("scan")(scan.scan)
app.add_typer(db.db, name="db")
app.add_typer(vex.vex, name="vex")
app.command("update")(update.update)
app.command("notes")(update.notes)
app.add_typer(automate.automate, name="automate")
app.command("patch")(patch.patch)
app.command("diff")(diff.diff)
app.command("slim")(slim.slim)
app.command("images")(images.images)
app.command("tag")(images.tag)
app.command("push")(push.push)
app.command("pull")(pull.pull)
app.command("copy")(copy.copy)
app.command("lab")(lab.lab)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.out.print(f"nautiloid {nautiloid.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that come before a command."""


def main() -> None:
    """Run the command line; a ``NautiloidError`` becomes a message, a hint and an exit code."""
    try:
        app()
    except NautiloidError as error:
        console.err.print(f"[bold red]error:[/] {escape(error.message)}")
        if error.hint:
            console.err.print(f"[bold]hint:[/] {escape(error.hint)}")
        sys.exit(error.exit_code)
    except OSError as error:
        # A full disk, a directory that may not be written: whatever was begun is gone, whatever was done stays.
        place = f": {error.filename}" if error.filename else ""
        console.err.print(f"[bold red]error:[/] {escape(f'{error.strerror or error}{place}')}")
        console.err.print("[bold]hint:[/] Make room or choose other places with NAUTILOID_CACHE and NAUTILOID_IMAGES.")
        sys.exit(1)
    except KeyboardInterrupt:
        console.err.print("interrupted")
        sys.exit(130)
