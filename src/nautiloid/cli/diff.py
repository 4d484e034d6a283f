"""``nautiloid diff``: explain every difference between two images."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.image_options import PlatformOption
from nautiloid.cli.output import OutputOption, format_option, report
from nautiloid.errors import NautiloidError
from nautiloid.inspection.difference import IGNORABLE
from nautiloid.report.formats.difference import DIFFERENCE_FORMATS
from nautiloid.report.terminal.difference import difference_to_lines
from nautiloid.workflows.diff import differences
from nautiloid.workflows.inspecting import ImageChoice


def diff(
    before: Annotated[
        str,
        typer.Argument(
            metavar="A", help="An image: a name, a digest, an OCI layout or a tar.", autocompletion=stored_images
        ),
    ],
    after: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="The image to compare with it.",
            autocompletion=stored_images,
        ),
    ],
    *,
    ignore: Annotated[str, typer.Option(metavar="WORD,...", help=f"What may differ: {', '.join(IGNORABLE)}.")] = "",
    content: Annotated[bool, typer.Option("--content", help="Show what changed inside of small text files.")] = False,
    every: Annotated[
        bool, typer.Option("--all", help="List every file, also of packages that came or went as a whole.")
    ] = False,
    output_format: Annotated[str, format_option(DIFFERENCE_FORMATS, table="text")] = "text",
    output: OutputOption = None,
    platform: PlatformOption = None,
) -> None:
    """Explain every difference between two images: files, configuration, layers, annotations.

    Exit code 0: the same; 1: different; 2: they could not be compared, and standard error says why.

    Example: `nautiloid diff nautiloid/my-app ./yesterday.tar --ignore created --content`
    """
    ignored = frozenset(word.strip() for word in ignore.split(",") if word.strip())

    def lines(*, width: int | None) -> list[Text]:
        del width  # nothing of it is ever cut or wrapped
        return difference_to_lines(found, every=every)

    try:
        found = differences(
            before, after, console.workspace(), ignored, ImageChoice.of(platform).platform, content=content
        )
    except NautiloidError as error:
        # As diff(1) does: 1 always means "different", so that a script can tell it from a comparison that failed.
        error.exit_code = 2
        raise
    report(found, output_format, DIFFERENCE_FORMATS, lines, output)
    raise typer.Exit(0 if found.same else 1)
