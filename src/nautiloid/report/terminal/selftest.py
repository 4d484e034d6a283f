"""A self-test, check by check."""

from __future__ import annotations

from rich.text import Text

from nautiloid.report.tables import Cell, Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.selftest.report import SelfTestReport


def selftest_to_lines(report: SelfTestReport, *, width: int | None) -> list[Text]:
    """Return the outcome of every check, and how many passed."""
    columns = [
        Column("", fixed=True),
        Column("Check", wrap=True),
        *([Column("Why", wrap=True)] if report.failures else []),
        Column("Seconds", fixed=True, align="right", drop=1),
    ]
    rows: list[list[Cell | str]] = [
        [
            Cell("ok", "green") if outcome.passed else Cell("FAILED", "red"),
            f"{outcome.group}: {outcome.name}",
            *([" ".join(outcome.detail.split())] if report.failures else []),
            f"{outcome.seconds:.2f}" if outcome.seconds >= 0.01 else "",
        ]
        for outcome in report.outcomes
    ]
    passed = len(report.outcomes) - len(report.failures)
    where = f" in {report.engine}" if report.engine else ""
    sums = f"{report.image}: {passed} of {len(report.outcomes)} checks passed{where}"
    return [*render_table(columns, rows, width=width), *plain([*report.not_run, sums], width)]
