"""``nautiloid catalog``: which images ship with Nautiloid."""

from __future__ import annotations

from rich.table import Table

from nautiloid import catalog as shipped
from nautiloid.cli import console
from nautiloid.factory.definition_file import load_definition


def catalog() -> None:
    """List the image definitions that ship with Nautiloid.

    Each name can be given to `nautiloid lock` and `nautiloid build`, or to `extends:` in a definition of your own.

    Example: `nautiloid catalog`
    """
    table = Table("Image", "Base", "What it is", box=None, pad_edge=False)
    for name in shipped.names():
        definition = load_definition(name).definition
        python = f", Python {definition.python.version}" if definition.python else ""
        table.add_row(name, f"Debian {definition.debian.suite}{python}", definition.summary)
    console.out.print(table)
