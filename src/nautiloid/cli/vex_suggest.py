"""``nautiloid vex suggest`` and ``confirm``: from a traced run to statements that a person stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, VexOption, criteria
from nautiloid.report.terminal.evidence import evidence_to_lines
from nautiloid.run.profile import Mount
from nautiloid.workflows.suggest import confirm as confirm_proposals
from nautiloid.workflows.suggest import suggest as propose
from nautiloid.workflows.tracing import Work


def suggest(
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE", help="A name, a digest, an OCI layout or an image tar.", autocompletion=stored_images
        ),
    ],
    args: Annotated[list[str], typer.Argument(metavar="-- WORK...", help="Arguments for the image's entry point.")],
    *,
    mount: Annotated[
        list[str] | None,
        typer.Option("--mount", "-v", metavar="HOST:CONTAINER", help="What the work may read. Repeatable."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="CONTAINER", help="Where the work writes what it makes.")
    ] = None,
    evidence: Annotated[
        Path, typer.Option("--evidence", help="Where the evidence goes; 'vex confirm' reads it.")
    ] = Path("vex-evidence.json"),
    vex: VexOption = None,
    ignore_file: IgnoreFileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Run work in the hardened container, see which files it opens, and propose which findings need not count.

    A component of whose code the work opened no file was not in its execute path. That is evidence and no proof, so
    nothing is lifted until a person has confirmed it with `nautiloid vex confirm`.

    Example: `nautiloid vex suggest nautiloid/pytorch -v .:/app -- /app/predict.py`
    """
    mounts = tuple(Mount.parse(text) for text in mount or ())
    work = Work(image, tuple(args), mounts, Path(output) if output else None)
    found = propose(work, evidence, console.workspace(), criteria(vex, ignore_file, None), database)
    console.show(evidence_to_lines(found.evidence, found.left, evidence, width=console.width()))


def confirm(
    evidence: Annotated[Path, typer.Argument(metavar="EVIDENCE", help="What 'vex suggest' wrote.")],
    document: Annotated[Path, typer.Argument(metavar="FILE", help="The OpenVEX document that gets the statements.")],
    *,
    author: Annotated[str, typer.Option("--author", help="Who has looked at them and stands for them.")],
    identity: Annotated[
        list[str] | None, typer.Option("--id", help="A vulnerability whose proposals are confirmed. Repeatable.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Confirm every proposal.")] = False,
    because: Annotated[str, typer.Option("--because", help="What you know beside the evidence.")] = "",
) -> None:
    """Turn proposals that you agree with into statements: `not_affected`, with the evidence.

    The statements are about the traced image, by its digest, and name the evidence by its sha256.

    Example: `nautiloid vex confirm vex-evidence.json pytorch.openvex.json --id CVE-2025-2148 --author me@example.com`
    """
    chosen = None if every else identity or []
    read, count = confirm_proposals(evidence, document, author=author, chosen=chosen, because=because)
    console.show([
        f"{document}: {count} statements about {read.image}",
        f"Publish them: nautiloid vex apply {read.image} {document} --evidence {evidence}",
    ])  # fmt: skip
