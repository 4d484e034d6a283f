"""Judged models, file by file."""

from __future__ import annotations

from rich.text import Text

from nautiloid.models.verdict import Verdict
from nautiloid.report.tables import Cell, Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.workflows.models import JudgedFile, JudgedModels

_STYLES = {
    Verdict.RUNS_CODE: "bold red",
    Verdict.SUSPICIOUS: "yellow",
    Verdict.CANNOT_TELL: "cyan",
    Verdict.SAFE: "green",
}
_SHOWN = 3


def models_to_lines(judged: JudgedModels, *, width: int | None, every: bool = False) -> list[Text]:
    """Return the verdict on each file with its gravest reasons, and the sum.

    Args:
        judged: The files.
        width: Cells of the terminal; None for a pipe.
        every: Show every reason, not only the first few.
    """
    if not judged.files:
        return plain([f"{judged.target}: no model was found"], width)
    columns = [
        Column("Verdict", fixed=True),
        Column("File", fixed=True),
        Column("Form", drop=1),
        *([Column("Why", wrap=True)] if judged.verdict is not Verdict.SAFE else []),
    ]
    rows = [_row(file, every=every)[: len(columns)] for file in judged.files]
    counts = [
        f"{count} {verdict}"
        for verdict in Verdict
        if (count := sum(file.judgement.verdict is verdict for file in judged.files))
    ]
    return [*render_table(columns, rows, width=width), *plain([f"{judged.target}: {', '.join(counts)}"], width)]


def _row(file: JudgedFile, *, every: bool) -> list[Cell | str]:
    judgement = file.judgement
    told = [f"{reason.where}: {reason.detail}" if reason.where else reason.detail for reason in judgement.reasons]
    shown = told if every else told[:_SHOWN]
    more = [f"and {len(told) - len(shown)} more (--all)"] if len(told) > len(shown) else []
    verdict = Cell(str(judgement.verdict), _STYLES[judgement.verdict])
    return [verdict, file.path, judgement.form, "; ".join([*shown, *more])]
