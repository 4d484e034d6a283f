"""``nautiloid inspect``: what is in an image, and what an attacker could use of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, ImageArgument, PlainHttpOption, PlatformOption, image_choice
from nautiloid.cli.output import TABLE, EveryOption, OutputOption, format_option, report
from nautiloid.report.formats.inspection import INSPECTION_FORMATS
from nautiloid.report.terminal.inspection import inspection_to_lines
from nautiloid.workflows.inspecting import inspect as look


def inspect(
    image: ImageArgument,
    *,
    output_format: Annotated[str, format_option(INSPECTION_FORMATS)] = TABLE,
    output: OutputOption = None,
    every: EveryOption = False,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Say what is in an image: packages, what is hidden in them, programs, weaknesses.

    Reads any image without an engine, each layer once and as a stream; nothing in it is ever run or loaded.

    Example: `nautiloid inspect nautiloid/pytorch --format html -o report.html`
    """
    found = look(image, console.workspace(), image_choice(platform, ca_file, plain_http))
    lines = partial(inspection_to_lines, found, every=every)
    report(found, output_format, INSPECTION_FORMATS, lines, output)
    if output_format == TABLE:
        for skipped in found.skipped:
            console.note(f"{skipped.where}: {skipped.reason}", "could not read")
