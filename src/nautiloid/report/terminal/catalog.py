"""The definitions that ship with Nautiloid, and what one of them asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from nautiloid.factory.definition import Definition
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain


def catalog_to_lines(definitions: Sequence[Definition], variants: Sequence[str], *, width: int | None) -> list[Text]:
    """Return one line for each definition, and the names of their variants."""
    columns = [Column("Image", fixed=True), Column("Base", fixed=True, drop=1), Column("What it is", wrap=True)]
    rows = [[one.name, _base(one), one.summary] for one in definitions]
    names = [f"NAME-{variant}" for variant in variants]
    names += [f"NAME-{first}-{variants[-1]}" for first in variants[:-1]]
    return [*render_table(columns, rows, width=width), *plain([f"Variants: {', '.join(names)}"], width)]


def definition_to_lines(definition: Definition, *, width: int | None) -> list[Text]:
    """Return what a definition asks for, and why it leaves out what it leaves out."""
    python, settings = definition.python, definition.image
    started = " ".join((*settings.entrypoint, *settings.command)) or "nothing by itself"
    head = f"{definition.name}: {definition.summary} ({_base(definition)}, {definition.architecture})"
    ends = f"Starts {started} as {settings.user} in {settings.workdir}; writable: {' '.join(settings.tmpfs)}"
    weights = [f"{weights.name} ({weights.license}) at {weights.to}" for weights in definition.weights]
    return [
        *plain([head], width),
        *_list("Debian packages, and what they need", definition.debian.packages, width),
        *_reasons("Never enters", definition.debian.never, width),
        *(_list("Python requirements, and what they need", python.requirements, width) if python else ()),
        *(_reasons("Never enters", python.never, width) if python else ()),
        *(_reasons("Left out", python.drop, width) if python else ()),
        *_list("Weights", weights, width),
        *_list("Files", [f"{local.source} at {local.to}" for local in definition.files], width),
        *_reasons("Slimmed", {f"{rule.name} ({rule.action})": rule.because for rule in definition.slim}, width),
        *plain([ends], width),
    ]


def _base(definition: Definition) -> str:
    python = f", Python {definition.python.version}" if definition.python else ""
    return f"Debian {definition.debian.suite}{python}"


def _list(title: str, items: Sequence[str], width: int | None) -> list[Text]:
    return [Text(f"{title}:"), *plain(items, width, indent=2)] if items else []


def _reasons(title: str, reasons: Mapping[str, str], width: int | None) -> list[Text]:
    columns = [Column("", fixed=True), Column("", wrap=True)]
    table = render_table(columns, [[name, because] for name, because in reasons.items()], width=width, indent=2)
    return [Text(f"{title}:"), *table[1:]] if reasons else []
