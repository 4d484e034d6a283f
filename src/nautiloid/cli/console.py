"""How the command line looks: progress on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import (
    Progress as Bars,
)

from nautiloid.progress import Task

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def megabytes(size: int) -> str:
    """Return a size in MB (10^6 bytes), as image registries count."""
    return f"{size / 1e6:.1f} MB" if size < 10_000_000 else f"{size / 1e6:.0f} MB"


class _BarTask:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def advance(self, amount: int) -> None:
        """Move the bar."""
        self._bars.advance(self._task, amount)


class TerminalProgress:
    """Draws one bar a task; where nobody watches (no terminal), one line when a task is done."""

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        """Draw a bar for the length of the block."""
        amount = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            amount,
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
            yield _BarTask(bars, bars.add_task(title, total=total))
        if not err.is_terminal:
            err.print(f"{title}: done")

    def note(self, message: str) -> None:
        """Print one line."""
        err.print(message)
