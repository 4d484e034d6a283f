"""Inspections and comparisons as Markdown tables, for pull requests and wikis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nautiloid.inspection.comparison import Comparison, compare
from nautiloid.inspection.inventory import Inspection, Risk
from nautiloid.report import words

_MOST_ROWS = 60


def inspection_to_markdown(inspection: Inspection) -> str:
    """Return one image's measures, bundled components and findings."""
    lines = [
        f"## {_cell(inspection.name)}",
        "",
        f"`{inspection.digest or 'no digest'}`, {_cell(inspection.distribution)}",
    ]
    rows = [(measure.title, words.amount(measure, 0)) for measure in compare([inspection]).measures]
    lines += ["", *_table(("Measure", "Value"), rows)]
    if inspection.bundled:
        bundled = [(c.name, c.version or "?", str(c.how), c.within) for c in inspection.bundled]
        lines += ["", "### Bundled in other packages", "", *_table(("Name", "Version", "Found by", "In"), bundled)]
    findings = [(f.severity, f.title, f.where, f.detail) for f in inspection.findings if f.severity != Risk.INFO]
    if findings:
        lines += ["", "### Findings", "", *_table(("Risk", "What", "Where", "Detail"), findings)]
    if inspection.skipped:
        skipped = [(s.where, s.reason) for s in inspection.skipped]
        lines += ["", "### Could not be read", "", *_table(("Where", "Why"), skipped)]
    return "\n".join([*lines, ""])


def comparison_to_markdown(comparison: Comparison) -> str:
    """Return the measures of all images as one table."""
    heading = ["Measure", *(_cell(image.name) for image in comparison.images)]
    rows = []
    for measure in comparison.measures:
        others = [f"{words.amount(measure, n)} ({words.change(measure, n)})" for n in range(1, len(measure.values))]
        rows.append((measure.title, words.amount(measure, 0), *others))
    note = f"Counted by {comparison.images[0].tool}, all images in one run."
    return "\n".join([*_table(heading, rows), "", note, ""])


def _table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = list(heading)
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    every = list(rows)
    for row in every[:_MOST_ROWS]:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"
    if len(every) > _MOST_ROWS:
        yield f"| and {len(every) - _MOST_ROWS} more |{' |' * (len(titles) - 1)}"


def _cell(text: str) -> str:
    """Spell a text so that it cannot end its cell, nor become markup."""
    plain = words.printable(text)
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!" else char for char in plain)
