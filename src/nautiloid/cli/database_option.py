"""Where the advisory database lies: an option that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DatabaseOption = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="The advisory database. Default: NAUTILOID_DB, or the cache's."),
]
