"""The errors that a user of Nautiloid can meet: what went wrong, and what to do about it."""

from __future__ import annotations


class NautiloidError(Exception):
    """Base of every error that Nautiloid raises on purpose.

    The command line prints ``message`` and ``hint`` and exits with ``exit_code``; it never shows a traceback
    for one of these. Subclasses live beside the code that raises them.

    Attributes:
        message: What went wrong, in one sentence, naming the file, package or value at fault.
        hint: What the user can do about it; empty when the message already says so.
        exit_code: 1 when the work failed, 2 when the request itself was wrong.
    """

    exit_code: int = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(NautiloidError):
    """The request itself was wrong: a bad argument, definition or file name."""

    exit_code = 2


class IntegrityError(NautiloidError):
    """Bytes are not the bytes that were promised: a hash, size or signature differs."""


def quotable(text: str, longest: int = 200) -> str:
    """Return what a stranger said, fit for a message: one line of characters that command no terminal, cut short."""
    shown = "".join(char if char.isprintable() else " " for char in text[: longest + 1])
    line = " ".join(shown.split())
    return f"{line[:longest]} ..." if len(text) > longest else line
