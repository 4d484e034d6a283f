"""What a traced run used, and what that lets one propose."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from nautiloid.evidence.file import CANNOT_SEE, Evidence
from nautiloid.evidence.uses import UseVerdict
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain

_SHOWN = 30


def evidence_to_lines(evidence: Evidence, left: int, path: Path, *, width: int | None) -> list[Text]:
    """Return the evidence and its proposals.

    Args:
        evidence: Of the traced run.
        left: How many open findings there are without a proposal.
        path: Where the evidence was written.
        width: Cells of the terminal; None for a pipe.
    """
    counts = ", ".join(f"{sum(one.use is kind for one in evidence.components)} {kind}" for kind in UseVerdict)
    columns = [
        Column("Vulnerability", fixed=True), Column("Severity", fixed=True), Column("Package", fixed=True),
        Column("Proposed", fixed=True, drop=1), Column("Evidence", wrap=True),
    ]  # fmt: skip
    rows = [
        [one.identity, one.severity, f"{one.package} {one.version}", str(one.justification), one.statement]
        for one in evidence.proposals[:_SHOWN]
    ]
    more = len(evidence.proposals) - len(rows)
    return [
        *plain([f"{evidence.opened:,} files of the image were opened or executed; components: {counts}"], width),
        *render_table(columns, rows, width=width),
        *([Text(f"... and {more:,} more, which the evidence holds")] if more > 0 else []),
        *plain(
            [
                f"{words.counted(len(evidence.proposals), 'finding')} proposed as not_affected, {left:,} not",
                f"What this cannot see: {'; '.join(CANNOT_SEE)}.",
                f"Evidence: {path}. To confirm: nautiloid vex confirm {path} FILE --id ...",
            ],
            width,
        ),
    ]
