"""``nautiloid scan``: which known vulnerabilities something has, and what can be done about them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, MaxAgeOption, VexOption, criteria
from nautiloid.cli.output import TABLE, EveryOption, OutputOption, format_option, report
from nautiloid.report.formats.scan import SCAN_FORMATS
from nautiloid.report.vulnerabilities.columns import COLUMNS, chosen_columns
from nautiloid.report.vulnerabilities.table import scan_to_lines
from nautiloid.vulns.model import Finding, State
from nautiloid.vulns.severity import Severity
from nautiloid.workflows.scan import scan as find


class Threshold(StrEnum):
    """What ``--fail-on`` takes."""

    ANY = "any"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def scan(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="An image, an SBOM, a lock, requirements.txt, uv.lock, or a directory."),
    ],
    *,
    output_format: Annotated[str, format_option(SCAN_FORMATS)] = TABLE,
    output: OutputOption = None,
    fail_on: Annotated[
        Threshold | None,
        typer.Option(
            "--fail-on", help="Exit 1 if a finding that counts is this grave or graver; 'any' includes unknown."
        ),
    ] = None,
    only_fixed: Annotated[
        bool, typer.Option("--only-fixed", help="Show and judge only what a newer version fixes.")
    ] = False,
    ignore_file: IgnoreFileOption = None,
    vex: VexOption = None,
    max_db_age: MaxAgeOption = None,
    columns: Annotated[
        str, typer.Option("--columns", metavar="NAME,...", help=f"What the table shows: {', '.join(COLUMNS)}.")
    ] = "",
    every: EveryOption = False,
    database: DatabaseOption = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Find known vulnerabilities in packages, and in what is bundled inside of them.

    Exit code 0: scanned; 1: a finding reaches --fail-on, or the scan failed; 2: wrong usage.

    Example: `nautiloid scan nautiloid/pytorch --fail-on high --format sarif -o scan.sarif`

    Ids and fixes alone: `nautiloid scan nautiloid/pytorch --all --columns id,severity,package,fixed`
    """
    names = [name.strip() for name in columns.split(",") if name.strip()]
    chosen_columns(names)
    result = find(
        target,
        console.workspace(),
        criteria(vex, ignore_file, max_db_age),
        database=database,
        choice=image_choice(platform, ca_file, plain_http),
    )
    if only_fixed:
        result = result.only(State.FIXED)
    lines = partial(scan_to_lines, result, every=every, columns=names)
    report(result, output_format, SCAN_FORMATS, lines, output)
    if output_format == TABLE:
        for warning in result.warnings:
            console.note(warning, "warning")
    reached = [finding for finding in result.open if _reaches(finding, fail_on)]
    if reached:
        console.failed(f"{len(reached)} findings reach --fail-on {fail_on}")
        raise typer.Exit(1)


def _reaches(finding: Finding, threshold: Threshold | None) -> bool:
    if threshold is None:
        return False
    return threshold is Threshold.ANY or finding.severity >= Severity[threshold.name]
