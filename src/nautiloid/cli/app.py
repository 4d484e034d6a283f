"""The ``nautiloid`` command: its sub-commands, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.closed_streams import open_closed_streams
from nautiloid.cli.groups.keeping_safe import KEEP_SAFE
from nautiloid.cli.groups.looking import LOOK
from nautiloid.cli.groups.making import MAKE
from nautiloid.cli.groups.moving import MOVE
from nautiloid.cli.groups.running import RUN
from nautiloid.errors import NautiloidError
from nautiloid.version import TOOL

_GROUPS = (MAKE, RUN, LOOK, KEEP_SAFE, MOVE)
_OTHER_PLACES = "Make room, or choose other places with NAUTILOID_CACHE, NAUTILOID_IMAGES and NAUTILOID_STATE."
_OF_PLACES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR)
_COMPLETION = "_NAUTILOID_COMPLETE"


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
        epilog="Example: `nautiloid lab`. Every command has its own `--help`, with examples.",
    )
    made.callback()(_root)
    places = [(group, name) for group in _GROUPS for name in group.loaders]
    for group, name in [place for place in places if place[1] == wanted] or places:
        group.add(made, name)
    return made


def _print_version(wanted: bool) -> None:
    if wanted:
        console.out.print(TOOL)
        raise typer.Exit


def _root(
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log every file that is fetched and every program that is started.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results, warnings and errors.")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Draw no progress bars.")] = False,
) -> None:
    """Take the options that come before a command."""
    console.configure(verbose=verbose, quiet=quiet, bars=not no_progress)


def _command(words: Sequence[str]) -> str:
    """Return the first word that is no option: none of the options before a command takes a value."""
    return next((word for word in words if not word.startswith("-")), "")


def main() -> None:
    """Run the command line; a ``NautiloidError`` becomes a message, a hint and an exit code."""
    open_closed_streams()
    # What is completed is in the environment, not in the arguments.
    words = os.environ.get("COMP_WORDS", "").split()[1:] if _COMPLETION in os.environ else sys.argv[1:]
    try:
        application("catalog" if words in (["--version"], ["-V"]) else _command(words))()
    except NautiloidError as error:
        console.complain(error.message, error.hint)
        sys.exit(error.exit_code)
    except OSError as error:
        # A full disk, a directory that may not be written: whatever was begun is gone, whatever was done stays.
        place = f": {error.filename}" if error.filename else ""
        hint = _OTHER_PLACES if error.errno in _OF_PLACES else ""
        console.complain(f"{error.strerror or error}{place}", hint)
        sys.exit(1)
    except KeyboardInterrupt:
        console.err.print("interrupted")
        sys.exit(130)


def __getattr__(name: str) -> typer.Typer:
    """Make ``app``, the whole command line, for whoever asks for it."""
    if name == "app":
        return application()
    raise AttributeError(name)
