"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.factory.definition_file import LoadedDefinition

DefinitionArgument = Annotated[
    str,
    typer.Argument(metavar="DEFINITION", help="A catalog image, a YAML file, or a directory with nautiloid.yaml."),
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


def lock_path(loaded: LoadedDefinition, chosen: Path | None, *, in_catalog: bool) -> Path:
    """Return where the lock of a definition lies."""
    if chosen is not None:
        return chosen
    name = f"{loaded.definition.name}.lock"
    return Path(name) if in_catalog else loaded.path.with_name(name)
