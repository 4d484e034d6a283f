"""``nautiloid test``: does an image do what it is for, and refuse what it must?"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from nautiloid.cli import console
from nautiloid.oci.layout import Layout
from nautiloid.places import images_directory
from nautiloid.run.select import choose_engine
from nautiloid.selftest.report import TestReport
from nautiloid.selftest.runner import run_selftest


class ReportFormat(StrEnum):
    """What ``--format`` takes."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"


def test(
    image: Annotated[str, typer.Argument(help="A name, a digest, an OCI layout directory or an image tar.")],
    engine: Annotated[str, typer.Option("--engine", help="docker, podman, bubblewrap or auto.")] = "auto",
    form: Annotated[ReportFormat, typer.Option("--format", help="How to report.")] = ReportFormat.TABLE,
) -> None:
    """Test an image: its imports and its work, and that the hardened container holds for any user.

    What is tried beyond the run contract is in the image's definition (`test:`) and travels as a label. Exit code 1
    when a check fails.

    Example: `nautiloid test pytorch`
    """
    store = Layout(images_directory())
    report = run_selftest(image, store, choose_engine(engine, store), console.TerminalProgress())
    match form:
        case ReportFormat.JSON:
            console.out.out(report.to_json(), end="", highlight=False)
        case ReportFormat.JUNIT:
            console.out.out(report.to_junit(), end="", highlight=False)
        case ReportFormat.TABLE:
            _print(report)
    if report.failures:
        raise typer.Exit(1)


def _print(report: TestReport) -> None:
    table = Table("", "Check", "", "Seconds", box=None, pad_edge=False)
    for outcome in report.outcomes:
        mark = "[green]ok[/green]" if outcome.passed else "[red]FAILED[/red]"
        name = f"{outcome.group}: {outcome.name}"
        table.add_row(mark, name, outcome.detail, f"{outcome.seconds:.2f}" if outcome.seconds >= 0.01 else "")
    console.out.print(table)
    for left_out in report.not_run:
        console.out.print(left_out)
    passed = len(report.outcomes) - len(report.failures)
    where = f" in {report.engine}" if report.engine else ""
    console.out.print(f"{report.image}: {passed} of {len(report.outcomes)} checks passed{where}")
