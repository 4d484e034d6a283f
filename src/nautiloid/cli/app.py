"""The ``nautiloid`` command: its sub-commands, and the one place where errors become exit codes.

A sub-command's module is imported when that command is asked for: a scan need not wait for what a build wants. Only
help and whoever asks for ``app`` get all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.markup import escape

import nautiloid
from nautiloid.cli import console
from nautiloid.errors import NautiloidError

# In the order of the help. A module and the function in it, or the group of commands that it defines.
_COMMANDS = {
    "catalog": "catalog:catalog",
    "init": "init:init",
    "lock": "lock:lock",
    "build": "build:build",
    "run": "run:run",
    "test": "test:test",
    "inspect": "inspect:inspect",
    "compare": "compare:compare",
    "sbom": "sbom:sbom",
    "scan": "scan:scan",
    "db": "db:db",
    "vex": "vex:vex",
    "update": "update:update",
    "notes": "update:notes",
    "automate": "automate:automate",
    "patch": "patch:patch",
    "diff": "diff:diff",
    "slim": "slim:slim",
    "images": "images:images",
    "tag": "images:tag",
    "push": "push:push",
    "pull": "pull:pull",
    "copy": "copy:copy",
    "lab": "lab:lab",
}
# What follows the image belongs to the program in it.
_SETTINGS: dict[str, dict[str, Any]] = {"run": {"allow_interspersed_args": False}}


def application(wanted: str = "") -> typer.Typer:
    """Return the command line, with one sub-command or with all of them.

    Args:
        wanted: The sub-command; anything else means all.
    """
    made = typer.Typer(
        name="nautiloid",
        no_args_is_help=True,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Put AI workloads in a hard shell: build, run and prove minimal container images.",
    )
    made.callback()(_root)
    for name in [wanted] if wanted in _COMMANDS else _COMMANDS:
        module, _, attribute = _COMMANDS[name].partition(":")
        command = getattr(import_module(f"nautiloid.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            made.add_typer(command, name=name)
        else:
            made.command(name, context_settings=_SETTINGS.get(name))(command)
    return made


def _print_version(wanted: bool) -> None:
    if wanted:
        console.out.print(f"nautiloid {nautiloid.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that come before a command."""


def _command(words: Sequence[str]) -> str:
    """Return the first word that is no option: none of the options before a command takes a value."""
    return next((word for word in words if not word.startswith("-")), "")


def main() -> None:
    """Run the command line; a ``NautiloidError`` becomes a message, a hint and an exit code."""
    try:
        application("catalog" if sys.argv[1:] == ["--version"] else _command(sys.argv[1:]))()
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


def __getattr__(name: str) -> typer.Typer:
    """Make ``app``, the whole command line, for whoever asks for it."""
    if name == "app":
        return application()
    raise AttributeError(name)
