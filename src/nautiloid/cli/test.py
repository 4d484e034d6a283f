"""``nautiloid test``: does an image do what it is for, and refuse what it must?"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.output import TABLE, OutputOption, format_option, report
from nautiloid.report.formats.selftest import SELFTEST_FORMATS
from nautiloid.report.terminal.selftest import selftest_to_lines
from nautiloid.workflows.selftest import test as run_test


def test(
    image: Annotated[
        str,
        typer.Argument(
            help="A name, a digest, an OCI layout directory or an image tar.",
            autocompletion=stored_images,
        ),
    ],
    engine: Annotated[str, typer.Option("--engine", help="docker, podman, bubblewrap or auto.")] = "auto",
    output_format: Annotated[str, format_option(SELFTEST_FORMATS)] = TABLE,
    output: OutputOption = None,
) -> None:
    """Test an image: its imports and its work, and that the hardened container holds for any user.

    What is tried beyond the run contract is in the image's definition (`test:`) and travels as a label. Exit code 1
    when a check fails.

    Example: `nautiloid test pytorch`
    """
    found = run_test(image, console.workspace(), engine)
    lines = partial(selftest_to_lines, found)
    report(found, output_format, SELFTEST_FORMATS, lines, output)
    if found.failures:
        raise typer.Exit(1)
