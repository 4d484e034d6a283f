"""Options of the commands that judge vulnerabilities: advisories, and what findings are held against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli.ages import parse_age
from nautiloid.workflows.assess import Criteria

DatabaseOption = Annotated[
    Path | None,
    typer.Option("--db", metavar="FILE", help="The advisory database. Default: NAUTILOID_DB, or the cache's."),
]
VexOption = Annotated[
    list[Path] | None,
    typer.Option("--vex", help="OpenVEX, CSAF or CycloneDX VEX to heed besides attached documents. Repeatable."),
]
IgnoreFileOption = Annotated[
    list[Path] | None, typer.Option("--ignore-file", help="Findings to live with: YAML. Repeatable.")
]
MaxAgeOption = Annotated[
    str | None, typer.Option("--max-db-age", metavar="AGE", help="Refuse older advisories: 12h, 7d, 2w.")
]


def criteria(vex: Sequence[Path] | None, ignore_file: Sequence[Path] | None, max_age: str | None) -> Criteria:
    """Read what the options name."""
    return Criteria.read(vex or (), ignore_file or (), parse_age(max_age) if max_age else None)
