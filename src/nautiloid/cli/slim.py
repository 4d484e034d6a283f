"""``nautiloid slim``: see what an image's work uses, and do without the rest."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import definitions
from nautiloid.cli.definition_options import LockedOption, LockOption, OutsideOption
from nautiloid.report.terminal.slim import proof_to_lines, removable_to_lines
from nautiloid.run.profile import parse_size
from nautiloid.workflows.slim import SlimOrder, open_slimming
from nautiloid.workflows.slim_proof import prove


def slim(
    definition: Annotated[
        str,
        typer.Argument(
            metavar="DEFINITION",
            help="A catalog image or a YAML file.",
            autocompletion=definitions,
        ),
    ],
    args: Annotated[list[str], typer.Argument(metavar="-- WORK...", help="Arguments for the image's entry point.")],
    trace: Annotated[bool, typer.Option("--trace", help="Record which files the work uses (always done).")] = True,
    mount: Annotated[
        list[str] | None,
        typer.Option("--mount", "-v", metavar="HOST:CONTAINER", help="What the work may read. Repeatable."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="CONTAINER", help="Where the work writes what it makes.")
    ] = None,
    workdir: Annotated[
        str | None, typer.Option("--workdir", "-w", metavar="PATH", help="Where in the container the work starts.")
    ] = None,
    smallest: Annotated[
        str, typer.Option("--smallest", metavar="SIZE", help="Leave alone what is smaller than this.")
    ] = "100k",
    apply: Annotated[
        Path | None,
        typer.Option("--apply", metavar="OUT.yaml", help="Write the definition, build its image, and prove it."),
    ] = None,
    lock: LockOption = None,
    locked: LockedOption = False,
    allow_outside: OutsideOption = None,
) -> None:
    """Run work in an image, see which files it uses, and propose slim rules for the rest.

    The image's self-test is traced as well: what it needs stays. With `--apply` the proposal becomes a definition; its
    image must pass the self-test, and do the same work with the same exit code, output and files.

    Example: `nautiloid slim pytorch --trace --mount .:/app --apply slim.yaml -- /app/predict.py`
    """
    del trace
    outside = tuple(allow_outside or ())
    order = SlimOrder(
        definition,
        tuple(args),
        tuple(mount or ()),
        output,
        parse_size(smallest),
        apply,
        lock,
        outside,
        locked,
        PurePosixPath(workdir) if workdir else None,
    )
    with open_slimming(order, console.workspace()) as slimming:
        traced = slimming.trace()
        console.show(removable_to_lines(traced, slimming.site, width=console.width()))
        if apply is None:
            return
        proof = prove(slimming, traced)
    console.show(proof_to_lines(proof))
    for item in proof.differences:
        console.failed(f"the slimmed image does not do the same: {item}")
    if proof.differences:
        console.note(f"{proof.name} is built; take rules out of {apply} until the answers agree")
        raise typer.Exit(1)
