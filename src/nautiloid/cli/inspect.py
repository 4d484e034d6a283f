"""``nautiloid inspect``: what is in an image, and what an attacker could use of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.inspection_options import ImageArgument, OutputOption, PlatformOption, deliver, inspect_named
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.inspect.comparison import compare
from nautiloid.inspect.inventory import Inspection, Severity
from nautiloid.packages.component import Component
from nautiloid.report import words
from nautiloid.report.data import inspection_to_json
from nautiloid.report.html import inspection_to_html
from nautiloid.report.markdown import inspection_to_markdown
from nautiloid.sbom.cyclonedx import to_cyclonedx
from nautiloid.sbom.model import bill_of
from nautiloid.sbom.spdx import to_spdx

_SHOWN = 12
_STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}


class InspectFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"
    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"
    HTML = "html"
    MARKDOWN = "markdown"


def inspect(
    image: ImageArgument,
    *,
    output_format: Annotated[InspectFormat, typer.Option("--format", help="How to say it.")] = InspectFormat.TABLE,
    output: OutputOption = None,
    every: Annotated[bool, typer.Option("--all", help="List everything in the table, not only the first few.")] = False,
    platform: PlatformOption = None,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Say what is in an image: packages, what is hidden in them, programs, weaknesses.

    Reads any image without an engine, each layer once and as a stream; nothing in it is ever run or loaded.

    Example: `nautiloid inspect nautiloid/pytorch --format html -o report.html`
    """
    found = inspect_named(image, platform, ca_file, plain_http=plain_http)
    match output_format:
        case InspectFormat.TABLE:
            print_inspection(found, every=every)
        case InspectFormat.JSON:
            deliver(inspection_to_json(found), output)
        case InspectFormat.CYCLONEDX:
            deliver(to_cyclonedx(bill_of(found)), output)
        case InspectFormat.SPDX:
            deliver(to_spdx(bill_of(found)), output)
        case InspectFormat.HTML:
            deliver(inspection_to_html(found), output)
        case InspectFormat.MARKDOWN:
            deliver(inspection_to_markdown(found), output)


def print_inspection(found: Inspection, *, every: bool) -> None:
    """Print an inspection as tables."""
    console.out.print(Text(f"{words.printable(found.name)}  {found.digest}", style="bold"))
    facts = filter(None, (found.distribution, found.platform, found.created))
    console.out.print(words.printable(", ".join(facts)), markup=False)
    console.out.print()
    table = Table(box=None, show_header=False, pad_edge=False)
    for measure in compare([found]).measures:
        table.add_row(measure.title, words.amount(measure, 0))
    console.out.print(table)
    _print_components("Packages", found.packages, every=every)
    _print_components("Hidden in other packages", found.bundled, every=every)
    loose = [component for component in found.components if not component.package and not component.within]
    _print_components("Other components", loose, every=every)
    _print_paths(found, every=every)
    _print_findings(found, every=every)
    for skipped in found.skipped:
        console.err.print(f"could not read {words.printable(skipped.where)}: {skipped.reason}", markup=False)


def _print_components(title: str, components: Iterable[Component], *, every: bool) -> None:
    listed = list(components)
    if not listed:
        return
    console.out.print(f"\n[bold]{title}[/] ({len(listed)})")
    table = Table("Name", "Version", "Kind", "Size", "Found by", "In", box=None, pad_edge=False)
    shown = listed if every else sorted(listed, key=lambda component: -component.size)[:_SHOWN]
    for component in shown:
        inside = component.within.partition(":")[2].partition("?")[0]
        row = (component.name, component.version or "?", component.kind, words.size(component.size),
               str(component.how), inside)  # fmt: skip
        table.add_row(*(Text(words.printable(cell)) for cell in row))
    console.out.print(table)
    _print_more(len(listed) - len(shown))


def _print_paths(found: Inspection, *, every: bool) -> None:
    surface = found.surface
    groups = (
        ("Executables", [file.path for file in surface.executables]),
        ("Shells", list(surface.shells)),
        ("Package managers", list(surface.package_managers)),
        ("Compilers", list(surface.compilers)),
        ("Network clients", list(surface.network_clients)),
        ("setuid and setgid files", list(surface.setuid)),
        ("Models", [f"{model.path} ({model.form}, {model.verdict})" for model in surface.models]),
    )
    for title, paths in groups:
        if paths:
            shown = paths if every else paths[:_SHOWN]
            console.out.print(f"\n[bold]{title}[/] ({len(paths)})")
            for path in shown:
                console.out.print(f"  /{words.printable(path)}", markup=False)
            _print_more(len(paths) - len(shown))


def _print_findings(found: Inspection, *, every: bool) -> None:
    listed = [finding for finding in found.findings if every or finding.severity != Severity.INFO]
    if not listed:
        return
    console.out.print(f"\n[bold]Findings[/] ({len(listed)})")
    shown = listed if every else listed[: 2 * _SHOWN]
    for finding in shown:
        line = Text(f"  {finding.severity:<7}", style=_STYLES[finding.severity])
        line.append(
            f"{finding.title}: {words.printable(finding.where)}: {words.printable(finding.detail)}", style="none"
        )
        console.out.print(line)
    _print_more(len(listed) - len(shown))


def _print_more(count: int) -> None:
    if count > 0:
        console.out.print(f"  ... and {count} more (--all lists them)")
