"""Images side by side, and what came and went."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text

from nautiloid.inspection.comparison import Comparison
from nautiloid.report import words
from nautiloid.report.tables import Column, fill, render_table
from nautiloid.report.terminal.lines import plain, some

_SHOWN = 15


def comparison_to_lines(found: Comparison, *, width: int | None, every: bool = False) -> list[Text]:
    """Return the measures of all images, and the changes from the first to each other one.

    Args:
        found: The comparison.
        width: Cells of the terminal; None for a pipe.
        every: List every change, not only the first few.
    """
    lines = measures_to_lines(found, width=width)
    lines += plain([f"Counted by {found.images[0].tool}, all images in one run."], width)
    for changes in found.changes:
        title = f"{words.printable(found.images[0].name)} -> {words.printable(changes.image)}"
        lines += [Text(), *fill(Text(title, style="bold"), width)]
        components = [_change(one.before, one.after, f"{one.kind} {one.name}") for one in changes.components]
        programs = [f"- /{path}" for path in changes.executables_removed]
        programs += [f"+ /{path}" for path in changes.executables_added]
        lines += _changes("components", components, width, every=every)
        lines += _changes("executables", programs, width, every=every)
    return lines


def measures_to_lines(found: Comparison, *, width: int | None) -> list[Text]:
    """Return the measures of all images, side by side."""
    return side_by_side([image.name for image in found.images], lambda names: _measures(found, names, width), width)


def side_by_side(names: Sequence[str], table: Callable[[Sequence[str]], list[Text]], width: int | None) -> list[Text]:
    """Return a table with a column for each name; names that would widen the terminal stand above it, with numbers.

    Args:
        names: Of the columns.
        table: Makes it, given the titles of those columns.
        width: Cells of the terminal; None for a pipe.
    """
    lines = table(names)
    if width is None or all(line.cell_len <= width for line in lines):
        return lines
    numbers = [f"#{number}" for number in range(1, len(names) + 1)]
    legend = (f"{number}  {name}" for number, name in zip(numbers, names, strict=True))
    return [*plain(legend, width), *table(numbers)]


def _measures(found: Comparison, names: Sequence[str], width: int | None) -> list[Text]:
    columns = [Column("", fixed=True)]
    for number, name in enumerate(names):
        columns.append(Column(name, fixed=True, align="right"))
        if number:
            columns.append(Column("", fixed=True, align="right"))
    rows = []
    for measure in found.measures:
        cells = [measure.title, words.amount(measure, 0)]
        for position in range(1, len(found.images)):
            cells += [words.amount(measure, position), words.change(measure, position)]
        rows.append(cells)
    return render_table(columns, rows, width=width)


def _change(before: str, after: str, name: str) -> str:
    if not before:
        return f"+ {name} {after}"
    return f"~ {name} {before} -> {after}" if after else f"- {name} {before}"


def _changes(title: str, lines: list[str], width: int | None, *, every: bool) -> list[Text]:
    signs = (("+", "added"), ("-", "removed"), ("~", "changed"))
    counts = [(sum(line[0] == sign for line in lines), word) for sign, word in signs]
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count) or "the same"
    return [Text(f"  {title}: {told}"), *some(lines, _SHOWN, width, every=every, indent=4)]
