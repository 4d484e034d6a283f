"""``nautiloid scan``: which known vulnerabilities something has, and what can be done about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.judgement_options import DatabaseOption, IgnoreFileOption, MaxAgeOption, VexOption, criteria
from nautiloid.cli.output import TABLE, EveryOption, OutputOption, format_option, report
from nautiloid.errors import NautiloidError
from nautiloid.report.formats.scan import SCAN_FORMATS
from nautiloid.report.vulnerabilities.columns import COLUMNS, chosen_columns
from nautiloid.report.vulnerabilities.table import scan_to_lines
from nautiloid.report.words import counted
from nautiloid.vulns.model import Finding, ScanResult, State
from nautiloid.vulns.severity import Severity
from nautiloid.workflows.scan import scan as find

NOT_SCANNED = 4
"""The exit code where nobody knows: 1 is a finding, 2 wrong usage, and 3 elsewhere means that an update is due."""


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
        typer.Argument(
            metavar="TARGET", help="An image, an SBOM, a lock, requirements, a project's directory, or - for stdin."
        ),
    ],
    *,
    output_format: Annotated[str, format_option(SCAN_FORMATS)] = TABLE,
    output: OutputOption = None,
    fail_on: Annotated[
        Threshold | None,
        typer.Option(
            "--fail-on",
            help="Exit 1 if a finding that counts is this grave or graver ('any' includes unknown), 4 if not all of it"
            " could be checked.",
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

    Exit code 0: scanned; 1: a finding reaches --fail-on; 2: wrong usage; 4: it could not be scanned, or, with
    --fail-on, not all of it: what was not read or not covered is not known to be clean.

    Example: `nautiloid scan nautiloid/pytorch --fail-on high --format sarif -o scan.sarif`

    From standard input: `docker save app | nautiloid scan -`

    Ids and fixes alone: `nautiloid scan nautiloid/pytorch --all --columns id,severity,package,fixed`
    """
    names = [name.strip() for name in columns.split(",") if name.strip()]
    chosen_columns(names)
    judged_by = criteria(vex, ignore_file, max_db_age)
    choice = image_choice(platform, ca_file, plain_http)
    with _told_apart():
        result = find(target, console.workspace(), judged_by, database=database, choice=choice)
    if only_fixed:
        result = result.only(State.FIXED)
    # A file is read without what went to standard error.
    noted = result.warnings if output is not None else ()
    lines = partial(scan_to_lines, result, every=every, columns=names, noted=noted)
    report(result, output_format, SCAN_FORMATS, lines, output)
    if output_format == TABLE:
        for warning in result.warnings:
            console.note(warning, "warning")
    if fail_on is not None:
        _hold_against(result, fail_on)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Give failures an exit code that no finding has: a pipeline must not take one for the other.

    Raises:
        NautiloidError: What went wrong, with that code; wrong usage keeps its own.
    """
    try:
        yield
    except NautiloidError as error:
        if error.exit_code == NautiloidError.exit_code:
            error.exit_code = NOT_SCANNED
        raise
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        failed = NautiloidError(f"{error.strerror or error}{place}")
        failed.exit_code = NOT_SCANNED
        raise failed from error


def _hold_against(result: ScanResult, threshold: Threshold) -> None:
    """End with an exit code of its own where something reaches the threshold, and where nobody can know.

    Raises:
        typer.Exit: The result does not pass.
    """
    reached = [finding for finding in result.open if _reaches(finding, threshold)]
    unrated = sum(finding.severity is Severity.UNKNOWN for finding in result.open)
    if unrated and threshold is not Threshold.ANY:
        console.note(
            f"{counted(unrated, 'finding')} that nobody has rated passed --fail-on {threshold}; 'any' includes them",
            "warning",
        )
    if reached:
        console.failed(f"{counted(len(reached), 'finding')} at --fail-on {threshold} or graver")
        raise typer.Exit(1)
    if result.gaps:
        first, *others = result.gaps
        more = f", and {counted(len(others), 'gap')} more" if others else ""
        console.failed(f"not known to be clean: {first}{more}")
        raise typer.Exit(NOT_SCANNED)


def _reaches(finding: Finding, threshold: Threshold) -> bool:
    return threshold is Threshold.ANY or finding.severity >= Severity[threshold.name]
