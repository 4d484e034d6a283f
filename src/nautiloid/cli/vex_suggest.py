"""``nautiloid vex suggest`` and ``confirm``: from a traced run to statements that a person stands for."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table
from rich.text import Text

from nautiloid import places
from nautiloid.cli import console
from nautiloid.cli.database_option import DatabaseOption
from nautiloid.errors import UsageError
from nautiloid.evidence.file import CANNOT_SEE, Evidence, read_evidence, write_evidence
from nautiloid.evidence.uses import ComponentUse, Use, component_uses, propose
from nautiloid.inspect.inspection import inspect_image
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import rootfs_path
from nautiloid.report import words
from nautiloid.run.engine import EngineError
from nautiloid.run.profile import HardenedProfile, Mount, User, tmpfs_of
from nautiloid.slimming.proof import ask
from nautiloid.subjects.attached_vex import attached_statements
from nautiloid.subjects.reading import of_inspection
from nautiloid.trace.engine import TracingEngine
from nautiloid.trace.files import ImageFiles
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import default_path
from nautiloid.vulns.scan import TOOL, scan
from nautiloid.vulns.vex.openvex import add_statement
from nautiloid.vulns.vex.statement import Product, Statement, Status, apply_statements
from nautiloid.workflows.slim import WorkError

_SHOWN = 30


def suggest(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A name, a digest, an OCI layout or an image tar.")],
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
    database: DatabaseOption = None,
) -> None:
    """Run work in the hardened container, see which files it opens, and propose which findings need not count.

    A component of whose code the work opened no file was not in its execute path. That is evidence and no proof, so
    nothing is lifted until a person has confirmed it with `nautiloid vex confirm`.

    Example: `nautiloid vex suggest nautiloid/pytorch -v .:/app -- /app/predict.py`
    """
    progress = console.TerminalProgress()
    cache, store = places.cache_directory(), Layout(places.images_directory())
    engine = TracingEngine(store, cache)
    if not (works := engine.available()):
        raise EngineError(f"Nothing can be traced here: {works.reason}.", works.remedy)
    with open_database(database or default_path()) as opened:
        ready = engine.make_ready(image, store, progress)
        profile = HardenedProfile(
            ready.name,
            tuple(args),
            mounts=tuple(Mount.parse(text) for text in mount or ()),
            output=Mount.parse(f"/nonexistent:{output}") if output else None,
            user=User.default(),
            tmpfs=tmpfs_of(ready.labels),
        )
        with progress.task("Trace the work"):
            answers = ask(engine, profile)
        if answers.exit_code:
            raise WorkError(f"The work ends with {answers.exit_code}, which proves nothing:\n{answers.stderr[-1500:]}")
        with open_image(ready.name, store) as source:
            inspection = inspect_image(source, image, progress)
            root = rootfs_path(source.image, cache)
        result = scan(of_inspection(inspection), opened, progress)
        result = apply_statements(result, attached_statements(store, result.digest))
    files = ImageFiles(root)
    used = files.opened(engine.uses)
    uses = component_uses(inspection.components, files, used)
    proposals, left = propose(result, uses, f"'{shlex.join(args)[:300]}'")
    write_evidence(
        Evidence(
            image=image,
            digest=inspection.digest,
            work=tuple(args),
            exit_code=answers.exit_code,
            when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            tool=TOOL,
            opened=len(used),
            advisories=tuple(f"{one.name} {one.as_of}" for one in result.sources),
            components=uses,
            proposals=proposals,
        ),
        evidence,
    )
    _print(uses, len(used))
    _print_proposals(evidence, left)


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
    read, sha256 = read_evidence(evidence)
    chosen = [one for one in read.proposals if every or set(identity or ()) & set(one.identities)]
    missing = [name for name in identity or () if not any(name in one.identities for one in chosen)]
    if missing:
        raise UsageError(f"{evidence} proposes nothing for {', '.join(missing)}", "It lists its proposals.")
    if not chosen:
        raise UsageError("nothing is chosen", "Name what you have looked at with --id, or say --all.")
    for one in chosen:
        told = f"{one.statement}; confirmed by {author}; evidence sha256:{sha256}"
        statement = Statement(
            (one.identity, *(name for name in one.identities if name != one.identity)),
            (Product((_product(read),), one.parts),),
            Status.NOT_AFFECTED,
            str(one.justification),
            f"{because}; {told}" if because else told,
            "",
            str(document),
        )
        add_statement(document, statement, author)
    console.out.print(f"{document}: {len(chosen)} statements about {read.image}", markup=False)
    console.out.print(f"Publish them: nautiloid vex apply {read.image} {document} --evidence {evidence}", markup=False)


def _product(evidence: Evidence) -> str:
    """Return the purl of the very image that was traced (purl-spec, type ``oci``)."""
    name = evidence.image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower() or "image"
    return f"pkg:oci/{quote(name)}@{quote(evidence.digest, safe='')}" if evidence.digest else evidence.image


def _print(uses: tuple[ComponentUse, ...], opened: int) -> None:
    counts = ", ".join(f"{sum(use.use is kind for use in uses)} {kind}" for kind in Use)
    console.out.print(f"{opened} files of the image were opened or executed; components: {counts}", markup=False)


def _print_proposals(evidence: Path, left: int) -> None:
    proposals = read_evidence(evidence)[0].proposals
    if proposals:
        table = Table("Vulnerability", "Severity", "Package", "Proposed", "Evidence", box=None, pad_edge=False)
        for one in proposals[:_SHOWN]:
            cells = (one.identity, one.severity, f"{one.package} {one.version}", str(one.justification), one.statement)
            table.add_row(*(Text(words.printable(cell)) for cell in cells))
        console.out.print(table)
        if len(proposals) > _SHOWN:
            console.out.print(f"... and {len(proposals) - _SHOWN} more in {evidence}", markup=False)
    console.out.print(f"{len(proposals)} findings are proposed as not_affected, {left} are not", markup=False)
    console.out.print(f"What this cannot see: {'; '.join(CANNOT_SEE)}.", markup=False)
    console.out.print(f"Evidence: {evidence}. To confirm: nautiloid vex confirm {evidence} FILE --id ...", markup=False)
