"""Options of the commands that take a definition: which one, its lock, its mirrors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli.completing import definitions
from nautiloid.errors import UsageError

_HERE = "."


def definition_here() -> str:
    """Return the definition of the current directory, for a user who names none.

    Raises:
        UsageError: There is none.
    """
    if not Path("nautiloid.yaml").is_file():
        raise UsageError(
            "there is no nautiloid.yaml in this directory",
            "Write one with 'nautiloid init', or name a definition: a YAML file, or one of 'nautiloid catalog'.",
        )
    return _HERE


def _named_or_here(context: typer.Context, definition: str) -> str:
    """A shell that completes what is typed so far need not be where a definition is."""
    return definition_here() if definition == _HERE and not context.resilient_parsing else definition


DefinitionArgument = Annotated[
    str,
    typer.Argument(
        metavar="[DEFINITION]",
        help="A catalog image, a YAML file, or a directory with nautiloid.yaml. Default: the current directory.",
        autocompletion=definitions,
        default_factory=lambda: _HERE,
        callback=_named_or_here,
        show_default=False,
    ),
]
LockOption = Annotated[
    Path | None,
    typer.Option("--lock", help="The lock file. Default: beside the definition; for catalog images, here."),
]
ArchitecturesOption = Annotated[
    str | None,
    typer.Option("--arch", metavar="ARCH[,ARCH]", help="amd64, arm64 or both. Default: what the definition says."),
]
MirrorOption = Annotated[
    str | None, typer.Option("--mirror", help="Debian mirror to use instead of the host's own (base URL).")
]
SecurityMirrorOption = Annotated[
    str | None, typer.Option("--security-mirror", help="Mirror of Debian's security archive (base URL).")
]
OutsideOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow-outside",
        metavar="PATH",
        exists=True,
        help="Let the definition's files come from there as well, not only from its own directory. Repeatable.",
    ),
]
LockedOption = Annotated[
    bool, typer.Option("--locked", help="Take the lock as it is; refuse one that is missing or not up to date.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use only what is in the cache.")]
