"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import LoadedDefinition, load_definition


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
    return "."


DefinitionArgument = Annotated[
    str,
    typer.Argument(
        metavar="[DEFINITION]",
        help="A catalog image, a YAML file, or a directory with nautiloid.yaml. Default: the current directory.",
        default_factory=definition_here,
        show_default=False,
    ),
]
LockOption = Annotated[
    Path | None,
    typer.Option("--lock", help="The lock file. Default: beside the definition; for catalog images, here."),
]
MirrorOption = Annotated[
    str | None, typer.Option("--mirror", help="Debian mirror to use instead of the host's own (base URL).")
]
SecurityMirrorOption = Annotated[
    str | None, typer.Option("--security-mirror", help="Mirror of Debian's security archive (base URL).")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use only what is in the cache.")]


ArchitecturesOption = Annotated[
    str | None,
    typer.Option("--arch", metavar="ARCH[,ARCH]", help="amd64, arm64 or both. Default: what the definition says."),
]


def load_all(definition: str, architectures: str | None) -> list[LoadedDefinition]:
    """Load a definition once for each architecture that was asked for."""
    wanted = [name.strip() for name in architectures.split(",")] if architectures else [None]
    return [load_definition(definition, architecture) for architecture in dict.fromkeys(wanted)]


def lock_path(loaded: LoadedDefinition, chosen: Path | None, *, in_catalog: bool) -> Path:
    """Return where the lock of a definition lies: one for each architecture, amd64's without its name."""
    architecture = loaded.definition.architecture
    suffix = "" if architecture == "amd64" else f".{architecture}"
    if chosen is not None:
        return chosen.with_name(f"{chosen.stem}{suffix}{chosen.suffix}")
    name = f"{loaded.definition.name}{suffix}.lock"
    return Path(name) if in_catalog else loaded.path.with_name(name)
