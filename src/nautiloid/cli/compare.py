"""``nautiloid compare``: images side by side, measured by one scanner in one run."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from nautiloid.cli import console
from nautiloid.cli.inspection_options import OutputOption, PlatformOption, deliver, inspect_named
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.errors import UsageError
from nautiloid.inspect.comparison import MEASURES, Comparison
from nautiloid.inspect.comparison import compare as compare_inspections
from nautiloid.report import words
from nautiloid.report.data import comparison_to_json
from nautiloid.report.html import comparison_to_html
from nautiloid.report.markdown import comparison_to_markdown

_SHOWN = 15
_CONDITION = re.compile(r"(?P<key>[a-z-]+)\s*(?P<sign>[<>]=?)\s*(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?P<percent>%?)")


class CompareFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"


def compare(
    base: Annotated[str, typer.Argument(metavar="A", help="The image that the others are measured against.")],
    others: Annotated[list[str], typer.Argument(metavar="B [C ...]", help="One or more images.")],
    *,
    output_format: Annotated[CompareFormat, typer.Option("--format", help="How to say it.")] = CompareFormat.TABLE,
    output: OutputOption = None,
    every: Annotated[bool, typer.Option("--all", help="List every change in the table.")] = False,
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
    conditions = [_parse(text) for text in fail_on or ()]
    found = compare_inspections(
        [inspect_named(name, platform, ca_file, plain_http=plain_http) for name in (base, *others)]
    )
    match output_format:
        case CompareFormat.TABLE:
            print_comparison(found, every=every)
        case CompareFormat.JSON:
            deliver(comparison_to_json(found), output)
        case CompareFormat.HTML:
            deliver(comparison_to_html(found), output)
        case CompareFormat.MARKDOWN:
            deliver(comparison_to_markdown(found), output)
    failed = [line for condition in conditions for line in condition.failures(found)]
    for line in failed:
        console.err.print(f"[bold red]failed:[/] {line}")
    if failed:
        raise typer.Exit(1)


class _Condition:
    """One --fail-on: a measure, a sign, and a value or a change in per cent."""

    def __init__(self, text: str, key: str, sign: str, value: float, *, percent: bool) -> None:
        self._text, self._key, self._sign, self._value, self._percent = text, key, sign, value, percent

    def failures(self, comparison: Comparison) -> list[str]:
        """Return a line for each image but the first for which the condition holds."""
        measure = comparison.measure(self._key)
        found = []
        for position in range(1, len(comparison.images)):
            # From nothing to something is more than any per cent.
            changed = measure.change(position)
            told = (float("inf") if changed is None else changed) if self._percent else measure.values[position]
            if _holds(told, self._sign, self._value):
                shown = words.change(measure, position) if self._percent else words.amount(measure, position)
                found.append(f"{self._text}: {comparison.images[position].name} has {measure.title.lower()} {shown}")
        return found


def _holds(told: float, sign: str, value: float) -> bool:
    return {">": told > value, ">=": told >= value, "<": told < value, "<=": told <= value}[sign]


def _parse(text: str) -> _Condition:
    match = _CONDITION.fullmatch(text.strip())
    if match is None or match["key"] not in MEASURES:
        raise UsageError(
            f"{text!r} is no condition",
            f"Write a measure, <, <=, > or >=, and a number or a change in %: 'executables>3', 'size>+10%'. "
            f"Measures: {', '.join(MEASURES)}.",
        )
    return _Condition(text, match["key"], match["sign"], float(match["value"]), percent=bool(match["percent"]))


def print_comparison(found: Comparison, *, every: bool) -> None:
    """Print a comparison as tables."""
    console.out.print(comparison_table(found))
    console.out.print(f"Counted by {found.images[0].tool}, all images in one run.")
    for changes in found.changes:
        console.out.print(f"\n[bold]{found.images[0].name} -> {changes.image}[/]")
        lines = [_line(c.before, c.after, f"{c.kind} {c.name}") for c in changes.components]
        _print_lines("components", lines, every=every)
        programs = [f"- /{path}" for path in changes.executables_removed]
        programs += [f"+ /{path}" for path in changes.executables_added]
        _print_lines("executables", programs, every=every)


def comparison_table(found: Comparison) -> Table:
    """Return the measures of all images, side by side."""
    table = Table("", box=None, pad_edge=False)
    for number, image in enumerate(found.images):
        table.add_column(Text(words.printable(image.name)), justify="right")
        if number:
            table.add_column("", justify="right")
    for measure in found.measures:
        cells = [words.amount(measure, 0)]
        for position in range(1, len(found.images)):
            cells += [words.amount(measure, position), words.change(measure, position)]
        table.add_row(measure.title, *cells)
    return table


def _line(before: str, after: str, name: str) -> str:
    if not before:
        return f"+ {name} {after}"
    return f"~ {name} {before} -> {after}" if after else f"- {name} {before}"


def _print_lines(title: str, lines: list[str], *, every: bool) -> None:
    counts = ", ".join(f"{sum(line[0] == sign for line in lines)} {word}" for sign, word in
                       (("+", "added"), ("-", "removed"), ("~", "changed")))  # fmt: skip
    console.out.print(f"  {title}: {counts}")
    for line in lines if every else lines[:_SHOWN]:
        console.out.print(f"    {words.printable(line)}", markup=False)
    if not every and len(lines) > _SHOWN:
        console.out.print(f"    ... and {len(lines) - _SHOWN} more (--all lists them)")
