"""``nautiloid catalog``: which images ship with Nautiloid, and what each is made of."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid import catalog as shipped
from nautiloid.cli import console
from nautiloid.factory.definition_file import load_definition
from nautiloid.report.terminal.catalog import catalog_to_lines, definition_to_lines


def catalog(
    name: Annotated[str | None, typer.Argument(help="Explain this image; all are listed without it.")] = None,
) -> None:
    """List the image definitions that ship with Nautiloid, or explain one.

    Each name can be given to `nautiloid lock` and `nautiloid build`, or to `extends:` in a definition of your own. Each
    also exists on Debian 13 with Python 3.13 (`python-trixie`), on Debian's testing with Python 3.14
    (`python-rolling`), and with a shell, apt, pip and headers (`python-dev`, `python-trixie-dev`).

    Example: `nautiloid catalog pytorch`
    """
    if name is not None:
        console.show(definition_to_lines(load_definition(name).definition, width=console.width()))
        return
    definitions = [load_definition(entry).definition for entry in shipped.names()]
    console.show(catalog_to_lines(definitions, shipped.VARIANTS, width=console.width()))
