"""``nautiloid patch``: fix other people's Debian and Ubuntu images with one more layer."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import MirrorOption, SecurityMirrorOption
from nautiloid.cli.image_options import CaFileOption, ImageArgument, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, MaxAgeOption, VexOption, criteria
from nautiloid.cli.output import TABLE, OutputOption, format_option, report
from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import UsageError
from nautiloid.oci.reference import parse_name
from nautiloid.report.formats.patch import PATCH_FORMATS
from nautiloid.report.terminal.patch import patch_to_lines
from nautiloid.workflows.patch import patch as fix


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
    output_format: Annotated[str, format_option(PATCH_FORMATS)] = TABLE,
    output: OutputOption = None,
    vex: VexOption = None,
    ignore_file: IgnoreFileOption = None,
    max_db_age: MaxAgeOption = None,
    database: DatabaseOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Add one layer with the fixed versions of Debian (or Ubuntu) and Python packages; no engine, nothing is run.

    What VEX (attached or given) or an ignore file lifts is left alone. Packages whose maintainer scripts would do
    something that their files alone do not are refused, by name. The new image lands in the local store. Exit code 0:
    done, also where some were refused; 1: it failed; 2: wrong usage.

    Example: `nautiloid patch docker://python:3.11 --tag python:3.11-patched`
    """
    result = fix(
        image,
        parse_name(tag) if tag else _patched_name(image, dry_run=dry_run),
        console.workspace(),
        criteria(vex, ignore_file, max_db_age),
        database=database,
        choice=image_choice(platform, ca_file, plain_http),
        mirrors=Mirrors(mirror, security_mirror),
        allowed=frozenset(allow or ()),
        write=not dry_run,
    )
    lines = partial(patch_to_lines, result, dry_run=dry_run)
    report(result, output_format, PATCH_FORMATS, lines, output)
    for note in (*result.notes, *result.before.warnings):
        console.note(note)


def _patched_name(image: str, *, dry_run: bool) -> str:
    name = image.partition("://")[2] or image
    if dry_run and name.startswith((".", "/", "~")):
        return ""  # nothing is made that could have a name
    if name.startswith((".", "/", "~")) or "@" in name or ":" in name.partition("/")[0].rpartition(":")[0]:
        raise UsageError(f"{image} has no name that the new image could take", "Name it with --tag.")
    parsed = parse_name(name)
    return parse_name(f"{parsed}-patched")
