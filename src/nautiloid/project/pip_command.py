"""Reads a ``pip install`` command line: what it asks for, and which options say where that comes from.

Source: pip's documentation, "pip install"; uv's ``uv pip install`` takes the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_WITH_VALUE = frozenset(
    [
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--prefix",
        "--python",
        "--platform",
        "--python-version",
        "--root",
        "--src",
        "--cache-dir",
        "-e",
        "--editable",
    ]
)
_INDEX = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index")
# These prepare the build; the image has no use for them.
_INSTALLERS = re.compile(r"(pip|setuptools|wheel|uv|poetry|pipenv)([\[<>=!~].*)?")


@dataclass
class PipInstall:
    """What the command says.

    Attributes:
        files: Requirements files.
        constraints: Constraints files.
        packages: Requirements, as they stand.
        index: Options that choose where wheels come from.
        project: The project itself is installed (``.``).
    """

    files: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    index: list[str] = field(default_factory=list)
    project: bool = False


def is_pip(program: str) -> bool:
    """Tell whether a program is pip (``pip``, ``pip3.11``)."""
    return re.fullmatch(r"pip[\d.]*", PurePosixPath(program).name) is not None


def read_pip_install(command: Sequence[str]) -> PipInstall | None:
    """Read ``pip install``, ``python -m pip install`` or ``uv pip install``; None for any other command."""
    words = list(command)
    if re.fullmatch(r"python[\d.]*", PurePosixPath(words[0]).name) and words[1:2] == ["-m"]:
        words = words[2:]
    elif words[0] == "uv":
        words = words[1:]
    if not words or not is_pip(words[0]) or "install" not in words[1:]:
        return None
    found = PipInstall()
    for option, value in _options(words[words.index("install") + 1 :]):
        if option in ("-r", "--requirement"):
            found.files.append(value)
        elif option in ("-c", "--constraint"):
            found.constraints.append(value)
        elif option in _INDEX:
            found.index.append(f"{option} {value}".strip())
        elif not option or option in ("-e", "--editable"):
            _package(value, found)
    return found


def _package(word: str, found: PipInstall) -> None:
    if re.fullmatch(r"\.(\[.*\])?|\./", word):
        found.project = True
    elif not _INSTALLERS.fullmatch(word):
        found.packages.append(word)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield options with their values; what is no option has an empty name."""
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif equals and word.startswith("--"):
            yield name, value
        elif word in _WITH_VALUE:
            yield word, waiting.pop(0) if waiting else ""
        elif word[:2] in ("-r", "-c", "-i", "-f", "-e") and not word.startswith("--"):
            yield word[:2], word[2:]
        else:
            yield word, ""
