"""What long work tells the person who waits: on standard error, so that standard output holds results only."""

from __future__ import annotations

import sys
import time
from typing import Protocol


class Reporter(Protocol):
    """Receives what training and decoding have to say."""

    def note(self, message: str) -> None:
        """Tell one finished fact, in a line of its own."""
        ...

    def warn(self, message: str) -> None:
        """Tell something that went wrong and did not stop the work."""
        ...

    def count(self, what: str, done: int, total: int) -> None:
        """Tell how far a counted piece of work has come."""
        ...


class Silent:
    """A reporter that nobody reads."""

    def note(self, message: str) -> None:
        """Say nothing."""

    def warn(self, message: str) -> None:
        """Say nothing."""

    def count(self, what: str, done: int, total: int) -> None:
        """Say nothing."""


class StandardError:
    """Writes lines to standard error; counters redraw one line of a terminal and stay out of log files."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._drawn_at = 0.0
        self._width = 0

    def note(self, message: str) -> None:
        """Print a line."""
        self._clear()
        print(message, file=sys.stderr, flush=True)

    def warn(self, message: str) -> None:
        """Print a line that starts with ``warning:``."""
        self.note(f"warning: {message}")

    def count(self, what: str, done: int, total: int) -> None:
        """Redraw the counter, ten times a second at most."""
        now = time.monotonic()
        if not self._live or (now - self._drawn_at < 0.1 and done < total):
            return
        self._drawn_at = now
        if done >= total:
            self._clear()
            return
        line = f"{what}: {done}/{total}"
        print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(line)

    def _clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0
