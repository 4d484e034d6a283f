"""``nautiloid lab``: the learning lab, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import LockedOption
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, MaxAgeOption, VexOption, criteria
from nautiloid.report.lab import write_lab_report
from nautiloid.report.terminal.lab import lab_to_lines
from nautiloid.run.select import choose_engine
from nautiloid.workflows.lab import Lab


def lab(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Photos of your own; else NAUTILOID_DATA, the cache, a download, or drawings."),
    ] = None,
    work: Annotated[Path, typer.Option("--work", help="Where the lab's results go.")] = Path("lab"),
    engine: Annotated[str, typer.Option("--engine", help="docker, podman, bubblewrap or auto.")] = "auto",
    compare: Annotated[
        bool, typer.Option("--compare/--no-compare", help="Build the control image and compare with it.")
    ] = True,
    locked: LockedOption = False,
    vex: VexOption = None,
    ignore_file: IgnoreFileOption = None,
    max_db_age: MaxAgeOption = None,
    database: DatabaseOption = None,
) -> None:
    """Build the hardened image, train the animal classifier in it, classify in it, and compare it with the usual image.

    What is done already is not done again: the second run takes seconds.

    Example: `nautiloid lab --data ./photos`
    """
    workspace = console.workspace()
    judgement = criteria(vex, ignore_file, max_db_age)
    with workspace.fetching() as fetcher:
        lab = Lab(work, workspace, choose_engine(engine), fetcher, judgement, database, locked)
        result = lab.run(data, compare=compare)
    write_lab_report(result, work)
    console.show(lab_to_lines(result, work, width=console.width()))
