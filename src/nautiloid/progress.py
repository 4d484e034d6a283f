"""The observer that long work reports to; only the command line draws it.

Library code takes a ``Progress`` and never prints. ``SILENT`` is the one that says nothing, so that no function
needs to ask whether somebody is watching.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One running piece of work, counted in bytes or items."""

    def advance(self, amount: int) -> None:
        """Count ``amount`` more units as done."""
        ...


class Progress(Protocol):
    """Receives what long work has to say about itself."""

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        """Open a piece of work for the length of a ``with`` block.

        Args:
            title: What is being done, as a short phrase ("Fetch torch").
            total: How many units there are, or None when nobody knows yet.
            unit: ``"bytes"`` or ``"items"``.
        """
        ...

    def note(self, message: str) -> None:
        """Tell the user one finished fact, in a line of its own."""
        ...


class _SilentTask:
    def advance(self, amount: int) -> None:
        """Count nothing."""


class SilentProgress:
    """A progress observer that nobody watches."""

    @contextmanager
    def task(self, title: str, *, total: int | None = None, unit: str = "items") -> Iterator[Task]:
        """Run the block, say nothing."""
        del title, total, unit
        yield _SilentTask()

    def note(self, message: str) -> None:
        """Say nothing."""


SILENT: Progress = SilentProgress()
