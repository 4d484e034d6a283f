"""``nautiloid vex``: say what a vulnerability means for an image, and publish it with the image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.groups.once import OnceCommand
from nautiloid.cli.vex_suggest import confirm, suggest
from nautiloid.errors import UsageError
from nautiloid.report.terminal.statements import statements_to_lines
from nautiloid.vulns.vex.document import read_vex
from nautiloid.vulns.vex.openvex import add_statement
from nautiloid.vulns.vex.statement import Justification, Product, Statement, Status
from nautiloid.workflows.attaching import attach_vex
from nautiloid.workflows.user_files import read_file

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="An OpenVEX document, such as pytorch.openvex.json.")
]

vex = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="State what vulnerabilities mean for a product: by hand (add), or from a traced run (suggest, confirm).",
    epilog="Example: `nautiloid vex list pytorch.openvex.json`",
)
vex.command("suggest", cls=OnceCommand)(suggest)
vex.command("confirm")(confirm)


@vex.command("add")
def add(
    file: FileArgument,
    *,
    vulnerability: Annotated[list[str], typer.Option("--id", help="The vulnerability; more are its other names.")],
    product: Annotated[
        list[str], typer.Option("--product", help="An image's name, its digest, or a purl. Repeatable.")
    ],
    status: Annotated[Status, typer.Option("--status", help="What is so.")],
    component: Annotated[
        list[str] | None, typer.Option("--component", help="purl of a part of the product. Repeatable. Default: all.")
    ] = None,
    justification: Annotated[
        Justification | None, typer.Option("--justification", help="Why it is not affected.")
    ] = None,
    because: Annotated[str, typer.Option("--because", help="The same in words; for 'affected', what to do.")] = "",
    author: Annotated[str, typer.Option("--author", help="Who says so, for a new document.")] = "",
) -> None:
    """Add a statement to an OpenVEX document; the document is made when there is none.

    Example: `nautiloid vex add pytorch.openvex.json --id CVE-2025-2148 --product nautiloid/pytorch --component
    pkg:pypi/torch --status not_affected --justification vulnerable_code_not_in_execute_path --author me@example.com`
    """
    if not file.exists() and not author:
        raise UsageError(f"{file} is new, and nobody is named as its author", "Give --author.")
    products = tuple(Product((name,), tuple(component or ())) for name in product)
    statement = Statement(
        tuple(dict.fromkeys(vulnerability)), products, status, str(justification or ""), because, "", str(file)
    )
    add_statement(file, statement, author)
    console.show([f"{file}: {vulnerability[0]} is {status} for {', '.join(product)}"])


@vex.command("list")
def list_(file: FileArgument) -> None:
    """List what a document states: OpenVEX, CSAF or CycloneDX.

    Example: `nautiloid vex list pytorch.openvex.json`
    """
    console.show(statements_to_lines(read_vex(read_file(file), str(file)), width=console.width()))


@vex.command("apply")
def apply(
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE",
            help="An image of the local store.",
            autocompletion=stored_images,
        ),
    ],
    file: FileArgument,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="Attach what 'vex suggest' wrote as well.")
    ] = None,
) -> None:
    """Attach a document to an image: `scan` heeds it, and `push` publishes it with the image.

    A document that was attached before gives way to it.

    Example: `nautiloid vex apply nautiloid/pytorch pytorch.openvex.json`
    """
    attached = attach_vex(image, file, console.workspace(), evidence)
    if attached.evidence:
        console.show([f"{image}: evidence sha256:{attached.evidence} attached"])
    console.show([f"{image}: {attached.statements} statements attached"])
