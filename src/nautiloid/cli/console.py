"""How the command line looks: progress and remarks on standard error, results on standard output."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
from rich.text import Text

from nautiloid.progress import Progress, Task
from nautiloid.report.words import printable
from nautiloid.workflows.workspace import Workspace

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Manner:
    """How much is said while something runs; the options before a command set it.

    Attributes:
        quiet: Nothing but results, warnings and errors.
        bars: Draw bars where there is a terminal.
    """

    quiet: bool = False
    bars: bool = True


manner = Manner()


def configure(*, verbose: bool, quiet: bool, bars: bool) -> None:
    """Say how much is said; ``verbose`` also logs every file that is fetched and every program that is started."""
    manner.quiet, manner.bars = quiet, bars
    if verbose:
        # Other libraries log what they do for themselves, such as every connection; that is not asked for.
        log = logging.getLogger("nautiloid")
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
        log.handlers = [handler]
        log.setLevel(logging.INFO)


def width() -> int | None:
    """Return the cells of the terminal that results go to; None where they go into a pipe or a file."""
    return out.width if out.is_terminal else None


def show(lines: Iterable[Text | str]) -> None:
    """Print lines of a result as they are."""
    for line in lines:
        out.print(line if isinstance(line, Text) else Text(printable(line)))


def note(message: str, kind: str = "note") -> None:
    """Print something that a user should know beside the result."""
    err.print(Text(f"{kind}: {printable(message)}", style="yellow"))


def complain(message: str, hint: str = "") -> None:
    """Print an error, line by line: what it quotes may come from an image, a registry or a stranger's file."""
    for title, style, text in (("error:", "bold red", message), ("hint:", "bold", hint)):
        if text:
            lines = "\n".join(printable(line) for line in text.splitlines())
            err.print(Text(title, style=style).append(f" {lines}", style="not bold default"))


def remark(message: str) -> None:
    """Print what was done beside the result; nothing where nobody wants to hear it."""
    if not manner.quiet:
        err.print(Text(printable(message)))


def failed(message: str) -> None:
    """Print why the exit code is not 0 although everything worked."""
    err.print(Text("failed:", style="bold red").append(f" {printable(message)}", style="not bold default"))


def progress() -> Progress:
    """Return whom long work reports to."""
    return TerminalProgress(manner)


def workspace() -> Workspace:
    """Return the user's own surroundings, with somebody who watches."""
    return Workspace.default(progress())


class _BarTask:
    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def advance(self, amount: int) -> None:
        """Move the bar."""
        self._bars.advance(self._task, amount)


class TerminalProgress:
    """Draws one bar a task; where nobody watches (no terminal), or bars are not wanted, one line when it is done."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        """Draw a bar for the length of the block."""
        amount = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            amount,
            TimeElapsedColumn(),
        )
        drawn = err.is_terminal and self._manner.bars and not self._manner.quiet
        with Bars(*columns, console=err, transient=True, disable=not drawn) as bars:
            yield _BarTask(bars, bars.add_task(printable(title), total=total))
        if not drawn and not self._manner.quiet:
            err.print(Text(printable(f"{title}: done")))

    def note(self, message: str) -> None:
        """Print one line."""
        if not self._manner.quiet:
            err.print(Text(printable(message)))
