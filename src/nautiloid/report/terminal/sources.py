"""Where advisories come from, and how old they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text

from nautiloid.report.tables import Cell, Column, render_table
from nautiloid.report.words import counted
from nautiloid.vulns.model import AdvisorySource


def sources_to_lines(sources: Sequence[AdvisorySource], *, width: int | None) -> list[Text]:
    """Return one line for each source; old ones stand out."""
    columns = [
        Column("Source", fixed=True),
        Column("Advisories", fixed=True, align="right"),
        Column("Withdrawn", fixed=True, align="right", drop=1),
        Column("Malformed", fixed=True, align="right"),
        Column("As of", fixed=True),
        Column("Age", fixed=True),
    ]
    return render_table(columns, [_row(source) for source in sources], width=width)


def _row(source: AdvisorySource) -> list[Cell | str]:
    days = source.age.days
    age = "unknown" if source.age == timedelta.max else counted(days, "day") if days else "today"
    return [
        source.name, f"{source.records:,}", f"{source.withdrawn:,}", f"{source.malformed:,}", source.as_of[:10],
        Cell(age, "yellow" if source.stale else ""),
    ]  # fmt: skip
