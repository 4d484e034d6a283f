"""``nautiloid patch``: fix other people's Debian and Ubuntu images with one more layer."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid import places
from nautiloid.cli import console
from nautiloid.cli.database_option import DatabaseOption
from nautiloid.cli.inspection_options import ImageArgument, OutputOption, PlatformOption, deliver
from nautiloid.cli.options import MirrorOption, SecurityMirrorOption
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.cli.registry_session import settings_of
from nautiloid.cli.scan import coverage
from nautiloid.errors import UsageError
from nautiloid.factory.locker import Mirrors
from nautiloid.images.inspecting import open_anywhere
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.reference import parse_name
from nautiloid.patching.patch import Patching, PatchResult
from nautiloid.report import words
from nautiloid.report.vulnerabilities.counts import count
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import default_path

SCHEMA = 1


class PatchFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"


def patch(
    image: ImageArgument,
    *,
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="The new image's name. Default: the old one's with '-patched'.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="PACKAGE", help="Its maintainer scripts need not run: I know. Repeatable."),
    ] = None,
    output_format: Annotated[PatchFormat, typer.Option("--format", help="How to say it.")] = PatchFormat.TABLE,
    output: OutputOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Add one layer with the fixed versions of Debian (or Ubuntu) and Python packages; no engine, nothing is run.

    Packages whose maintainer scripts would do something that their files alone do not are refused, by name. The new
    image lands in the local store. Exit code 0: done, also where some were refused; 1: it failed; 2: wrong usage.

    Example: `nautiloid patch docker://python:3.11 --tag python:3.11-patched`
    """
    reference = parse_name(tag) if tag else _patched_name(image)
    progress = console.TerminalProgress()
    store = Layout(places.images_directory())
    wanted = Platform.parse(platform) if platform else None
    with ExitStack() as open_things:
        held = open_things.enter_context(open_database(database or default_path()))
        fetcher = open_things.enter_context(Fetcher(Store(places.cache_directory() / "store"), progress))
        settings = settings_of(ca_file, plain_http)
        source = open_things.enter_context(open_anywhere(image, store, wanted, settings, progress))
        patching = Patching(store, fetcher, Mirrors(mirror, security_mirror), held, frozenset(allow or ()))
        result = patching.patch(source, image, reference, write=not dry_run)
    if output_format is PatchFormat.JSON:
        deliver(_json(result, reference), output)
        return
    if output is not None:
        raise UsageError("a table goes to the terminal", "Give --format json with --output.")
    _print(result, reference, dry_run=dry_run)


def _patched_name(image: str) -> str:
    name = image.partition("://")[2] or image
    if name.startswith((".", "/", "~")) or "@" in name or ":" in name.partition("/")[0].rpartition(":")[0]:
        raise UsageError(f"{image} has no name that the new image could take", "Name it with --tag.")
    parsed = parse_name(name)
    return parse_name(f"{parsed}-patched")


def _json(result: PatchResult, reference: str) -> str:
    data = {
        "schema": SCHEMA,
        "image": f"{reference}@{result.image.digest}" if result.image is not None else "",
        "layer_size": result.size,
        "patched": [asdict(one) for one in result.patched],
        "refused": [asdict(one) for one in result.refused],
        "notes": result.notes,
        "before": asdict(count(result.before)),
        "after": asdict(count(result.after)) if result.after is not None else None,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _print(result: PatchResult, reference: str, *, dry_run: bool) -> None:
    if result.patched:
        table = Table("Package", "From", "To", "Kept as edited", box=None, pad_edge=False)
        for one in result.patched:
            cells = (one.name, one.before or "new", one.after, ", ".join(one.kept))
            table.add_row(*(Text(words.printable(cell)) for cell in cells))
        console.out.print(table)
    if result.refused:
        console.out.print(
            f"\n[bold]Refused[/] ({len(result.refused)}): a fix exists, and cannot be put in place safely"
        )
        for refusal in result.refused:
            moved = f"{refusal.name} {refusal.before} -> {refusal.after or '?'}"
            console.out.print(words.printable(f"  {moved}: {'; '.join(refusal.reasons[:3])}"), markup=False)
    console.out.print(coverage(result.before), markup=False)
    for note in (*result.notes, *result.before.warnings):
        console.err.print(Text(f"note: {words.printable(note)}", style="yellow"))
    before = count(result.before)
    console.out.print(f"\nbefore: {before.all:,} vulnerabilities, {before.fixable:,} with a fix", markup=False)
    if result.after is not None and result.image is not None:
        after = count(result.after)
        console.out.print(f"after:  {after.all:,} vulnerabilities, {after.fixable:,} with a fix", markup=False)
        console.out.print(
            f"{len(result.patched)} packages in one layer of {console.megabytes(result.size)}", markup=False
        )
        console.out.print(f"{reference}@{result.image.digest}", markup=False)
    elif dry_run:
        console.out.print(f"{len(result.patched)} packages would be replaced; nothing was written", markup=False)
    else:
        console.out.print("nothing could be fixed; no image was made", markup=False)
