"""``nautiloid compare``: images side by side, measured by one scanner in one run."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.output import TABLE, EveryOption, OutputOption, format_option, report
from nautiloid.inspection.conditions import parse_condition
from nautiloid.report.formats.comparison import COMPARISON_FORMATS
from nautiloid.report.terminal.comparison import comparison_to_lines
from nautiloid.report.words import violation
from nautiloid.workflows.inspecting import compare as compare_images


def compare(
    base: Annotated[
        str,
        typer.Argument(
            metavar="A", help="The image that the others are measured against.", autocompletion=stored_images
        ),
    ],
    others: Annotated[
        list[str],
        typer.Argument(
            metavar="B [C ...]",
            help="One or more images.",
            autocompletion=stored_images,
        ),
    ],
    *,
    output_format: Annotated[str, format_option(COMPARISON_FORMATS)] = TABLE,
    output: OutputOption = None,
    every: EveryOption = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="CONDITION",
            help="Exit 1 if it holds for an image after A: 'executables>3', 'size>+10%' (change from A). Repeatable.",
        ),
    ] = None,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Set images side by side: packages, executables, shells, sizes, and what exactly was added and removed.

    Exit code 0: compared; 1: a --fail-on condition holds, or an image cannot be read; 2: wrong usage.

    Example: `nautiloid compare docker://python:3.11 nautiloid/pytorch --fail-on 'executables>10'`
    """
    conditions = [parse_condition(text) for text in fail_on or ()]
    found = compare_images([base, *others], console.workspace(), image_choice(platform, ca_file, plain_http))
    lines = partial(comparison_to_lines, found, every=every)
    report(found, output_format, COMPARISON_FORMATS, lines, output)
    failed = [
        violation(condition, found, place) for condition in conditions for place in condition.violations(found)
    ]  # fmt: skip
    for line in failed:
        console.failed(line)
    if failed:
        raise typer.Exit(1)
