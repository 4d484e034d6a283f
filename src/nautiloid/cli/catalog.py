"""``nautiloid catalog``: which images ship with Nautiloid, and what each is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer
from rich.table import Table

from nautiloid import catalog as shipped
from nautiloid.cli import console
from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import load_definition


def catalog(
    name: Annotated[str | None, typer.Argument(help="Explain this image; all are listed without it.")] = None,
) -> None:
    """List the image definitions that ship with Nautiloid, or explain one.

    Each name can be given to `nautiloid lock` and `nautiloid build`, or to `extends:` in a definition of your own. Each
    also exists on Debian 13 with Python 3.13 (`python-trixie`), with a shell, apt, pip and headers (`python-dev`), and
    as both (`python-trixie-dev`).

    Example: `nautiloid catalog pytorch`
    """
    if name is not None:
        _explain(load_definition(name).definition)
        return
    table = Table("Image", "Base", "What it is", box=None, pad_edge=False)
    for entry in shipped.names():
        definition = load_definition(entry).definition
        table.add_row(entry, _base(definition), definition.summary)
    console.out.print(table)
    console.out.print(f"Variants: NAME-{', NAME-'.join(shipped.VARIANTS)}, NAME-{'-'.join(shipped.VARIANTS)}")


def _base(definition: Definition) -> str:
    python = f", Python {definition.python.version}" if definition.python else ""
    return f"Debian {definition.debian.suite}{python}"


def _explain(definition: Definition) -> None:
    console.out.print(f"{definition.name}: {definition.summary} ({_base(definition)}, {definition.architecture})")
    _list("Debian packages, and what they need", definition.debian.packages)
    _reasons("Never enters", definition.debian.never)
    if definition.python:
        _list("Python requirements, and what they need", definition.python.requirements)
        _reasons("Never enters", definition.python.never)
        _reasons("Left out", definition.python.drop)
    _list("Weights", [f"{weights.name} ({weights.license}) at {weights.to}" for weights in definition.weights])
    _list("Files", [f"{local.source} at {local.to}" for local in definition.files])
    _reasons("Slimmed", {f"{rule.name} ({rule.action})": rule.because for rule in definition.slim})
    settings = definition.image
    started = " ".join((*settings.entrypoint, *settings.command)) or "nothing by itself"
    console.out.print(
        f"Starts {started} as {settings.user} in {settings.workdir}; writable: {' '.join(settings.tmpfs)}"
    )


def _list(title: str, items: Sequence[str]) -> None:
    if items:
        console.out.print(f"{title}:")
        for item in items:
            console.out.print(f"  {item}", markup=False)


def _reasons(title: str, reasons: Mapping[str, str]) -> None:
    if reasons:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for name, because in reasons.items():
            table.add_row(f"  {name}", because)
        console.out.print(f"{title}:")
        console.out.print(table)
