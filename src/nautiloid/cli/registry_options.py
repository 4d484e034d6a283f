"""Options of the commands that talk to registries, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

CaFileOption = Annotated[
    list[Path] | None,
    typer.Option("--ca-file", help="Trust this certificate authority as well (PEM). Repeatable."),
]
PlainHttpOption = Annotated[bool, typer.Option("--plain-http", help="Speak HTTP without TLS.")]
