"""An inspection: what is in an image, and what an attacker could use of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.inspection.comparison import compare
from nautiloid.inspection.inventory import Inspection, Risk, Weakness
from nautiloid.packages.component import Component
from nautiloid.report import words
from nautiloid.report.tables import Cell, Column, fill, render_table
from nautiloid.report.terminal.lines import heading, left_out, plain, some

_SHOWN = 12
_STYLES = {Risk.HIGH: "bold red", Risk.MEDIUM: "yellow", Risk.LOW: "cyan", Risk.INFO: "dim"}


def inspection_to_lines(found: Inspection, *, width: int | None, every: bool = False) -> list[Text]:
    """Return an inspection; what could not be read is left to the caller, since it belongs on standard error.

    Args:
        found: The inspection.
        width: Cells of the terminal; None for a pipe.
        every: List everything, not only the first few of each kind.
    """
    facts = ", ".join(filter(None, (found.distribution, found.platform, found.created)))
    measures = [[measure.title, words.amount(measure, 0)] for measure in compare([found]).measures]
    loose = [component for component in found.components if not component.package and not component.within]
    return [
        *fill(Text(f"{words.printable(found.name)}  {found.digest}".rstrip(), style="bold"), width, hanging=4),
        *plain([facts], width),
        Text(),
        *render_table([Column("", fixed=True), Column("", fixed=True, align="right")], measures, width=width)[1:],
        *_components("Packages", found.packages, width, every=every),
        *_components("Hidden in other packages", found.bundled, width, every=every),
        *_components("Other components", loose, width, every=every),
        *_paths(found, width, every=every),
        *_weaknesses(found, width, every=every),
    ]


def _components(title: str, listed: Sequence[Component], width: int | None, *, every: bool) -> list[Text]:
    if not listed:
        return []
    shown = listed if every else sorted(listed, key=lambda component: -component.size)[:_SHOWN]
    columns = [
        Column("Name", fixed=True),
        Column("Version", fixed=True),
        Column("Kind", fixed=True),
        *([Column("Size", fixed=True, align="right")] if any(component.size for component in shown) else []),
        Column("Found by", drop=1),
        *([Column("In", drop=2)] if any(component.within for component in shown) else []),
    ]
    rows = [
        [
            component.name,
            component.version or "?",
            component.kind,
            *([words.size(component.size)] if any(one.size for one in shown) else []),
            str(component.how),
            *([component.within.partition(":")[2].partition("?")[0]] if any(one.within for one in shown) else []),
        ]
        for component in shown
    ]
    table = render_table(columns, rows, width=width, indent=2)
    return [*heading(title, len(listed)), *table, *left_out(len(listed) - len(shown))]


def _paths(found: Inspection, width: int | None, *, every: bool) -> list[Text]:
    surface = found.surface
    groups: tuple[tuple[str, Sequence[str]], ...] = (
        ("Executables", [file.path for file in surface.executables]),
        ("Shells", surface.shells),
        ("Package managers", surface.package_managers),
        ("Compilers", surface.compilers),
        ("Network clients", surface.network_clients),
        ("setuid and setgid files", surface.setuid),
        ("Models", [f"{model.path} ({model.form}, {model.verdict})" for model in surface.models]),
    )
    lines: list[Text] = []
    for title, paths in groups:
        if paths:
            listed = [f"/{path}" for path in paths]
            lines += [*heading(title, len(paths)), *some(listed, _SHOWN, width, every=every)]
    return lines


def _weaknesses(found: Inspection, width: int | None, *, every: bool) -> list[Text]:
    listed = [one for one in found.findings if every or one.severity != Risk.INFO]
    if not listed:
        return []
    shown = listed if every else listed[: 2 * _SHOWN]
    columns = [Column("", fixed=True), Column("Where", fixed=True), Column("What", wrap=True)]
    table = render_table(columns, [_row(one) for one in shown], width=width, indent=2)
    return [*heading("Findings", len(listed)), *table, *left_out(len(listed) - len(shown))]


def _row(weakness: Weakness) -> list[Cell | str]:
    severity = Cell(str(weakness.severity), _STYLES[weakness.severity])
    return [severity, weakness.where, f"{weakness.title}: {weakness.detail}"]
