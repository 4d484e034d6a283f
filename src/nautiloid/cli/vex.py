"""``nautiloid vex``: say what a vulnerability means for an image, and publish it with the image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.vex_suggest import confirm, suggest
from nautiloid.errors import UsageError
from nautiloid.evidence.file import MEDIA_TYPE as EVIDENCE
from nautiloid.evidence.file import read_evidence
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import MANIFEST, Descriptor
from nautiloid.oci.reference import parse_name
from nautiloid.places import images_directory
from nautiloid.report import words
from nautiloid.vulns.vex.document import read_vex
from nautiloid.vulns.vex.openvex import MEDIA_TYPE, add_statement, read_openvex
from nautiloid.vulns.vex.statement import Justification, Product, Statement, Status

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="An OpenVEX document, such as pytorch.openvex.json.")
]

vex = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="State what vulnerabilities mean for a product: by hand (add), or from a traced run (suggest, confirm).",
)
vex.command("suggest")(suggest)
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
    console.out.print(f"{file}: {vulnerability[0]} is {status} for {', '.join(product)}", markup=False)


@vex.command("list")
def list_(file: FileArgument) -> None:
    """List what a document states: OpenVEX, CSAF or CycloneDX.

    Example: `nautiloid vex list pytorch.openvex.json`
    """
    table = Table("Vulnerability", "Status", "Product", "Parts", "Why", box=None, pad_edge=False)
    for statement in read_vex(_content(file), str(file)):
        why = ": ".join(filter(None, (statement.justification, statement.text)))
        for product in statement.products:
            cells = (statement.vulnerabilities[0], str(statement.status), product.identities[0] if product.identities
                     else "?", ", ".join(product.subcomponents) or "all", why)  # fmt: skip
            table.add_row(*(Text(words.printable(cell)) for cell in cells))
    console.out.print(table)


@vex.command("apply")
def apply(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="An image of the local store.")],
    file: FileArgument,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", help="Attach what 'vex suggest' wrote as well.")
    ] = None,
) -> None:
    """Attach a document to an image: `scan` heeds it, and `push` publishes it with the image.

    A document that was attached before gives way to it.

    Example: `nautiloid vex apply nautiloid/pytorch pytorch.openvex.json`
    """
    content = _content(file)
    statements = read_openvex(content, str(file))
    store = Layout(images_directory())
    found = store.resolve(store.known_as(parse_name(image)))
    subject = Descriptor(MANIFEST, found.digest, len(store.read_blob(found.digest)))
    if evidence is not None:
        read, sha256 = read_evidence(evidence)
        if read.digest != found.digest:
            raise UsageError(f"{evidence} is about {read.digest}, and {image} is {found.digest}", "Trace it again.")
        store.attach(Attachment(subject, EVIDENCE, evidence.read_bytes(), {}))
        console.out.print(f"{image}: evidence sha256:{sha256} attached", markup=False)
    store.attach(Attachment(subject, MEDIA_TYPE, content, {}))
    console.out.print(f"{image}: {len(statements)} statements attached", markup=False)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
