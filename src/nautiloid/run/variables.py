"""Variables of the program, as ``--env`` and ``--env-file`` say them: your own environment stays outside unasked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.regular_file import read_regular

_MOST = 1 << 20  # bytes of a file: all variables of a program together may not take more than a few MiB (execve(2))


@dataclass(frozen=True)
class Variables:
    """What a program is given.

    Attributes:
        values: By name.
        missing: Names that were to be taken from our own environment, where they are not set.
    """

    values: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def read_variables(words: Iterable[str], files: Iterable[Path] = ()) -> Variables:
    """Read ``NAME=VALUE``, or ``NAME`` alone for what our own environment says, as Docker does.

    Args:
        words: As typed; they count above what files say.
        files: Files with one of them a line (Docker's format: ``#`` begins a comment, quotes are part of the value).

    Raises:
        UsageError: A word is no variable, or a file cannot be read.
    """
    asked = [_variable(text, repr(text)) for text in (*words,)]
    listed = [one for file in files for one in _from_file(file)]
    values = {name: value for name, value in (*listed, *asked) if value is not None}
    missing = [name for name, value in (*listed, *asked) if value is None and name not in values]
    return Variables(values, tuple(dict.fromkeys(missing)))


def _from_file(file: Path) -> Iterator[tuple[str, str | None]]:
    try:
        text = read_regular(file, _MOST).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The variables in {file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not text (UTF-8), so that it holds no variables.") from error
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.removesuffix("\r").lstrip()
        if stripped and not stripped.startswith("#"):
            yield _variable(stripped, f"Line {number} of {file}")


def _variable(text: str, called: str) -> tuple[str, str | None]:
    """Return a variable; None stands for what our own environment does not have either."""
    name, equals, value = text.partition("=")
    if not name or any(char.isspace() or char == "\0" for char in name) or "\0" in value:
        # What stands in a file may be a secret, and is not repeated.
        raise UsageError(f"{called} is not a variable.", "Write NAME=VALUE, or NAME for the value that it has here.")
    return name, value if equals else os.environ.get(name)
