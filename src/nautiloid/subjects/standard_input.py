"""What comes through a pipe, as a file that can be read as any other: its name tells what it seems to be."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import BinaryIO

from nautiloid.errors import UsageError

NAME = "standard input"
"""What reports call it."""

_BEGINNING = 4096
_LOCK = re.compile(rb"^(\[\[packages?\]\]|lock-version\s*=|\[\[package|version\s*=\s*\d)", re.MULTILINE)
_DOCUMENT = re.compile(rb"\A(\xef\xbb\xbf)?\s*[{<]|^SPDXVersion:", re.MULTILINE)


def spool(stream: BinaryIO, directory: Path) -> Path:
    """Write a stream to a file of a directory.

    Requirements and Python locks are known by their file names, which a pipe does not have.

    Raises:
        UsageError: There is nothing in it.
    """
    path = directory / NAME
    with path.open("wb") as written:
        shutil.copyfileobj(stream, written)
    with path.open("rb") as read:
        start = read.read(_BEGINNING)
    if not start.strip():
        raise UsageError("standard input is empty", "Pipe an SBOM, a lock, requirements or an image's archive into it.")
    return path.rename(directory / _file_name(start))


def _file_name(start: bytes) -> str:
    if _DOCUMENT.search(start) or not _is_text(start):
        return NAME
    return "pylock.toml" if _LOCK.search(start) else f"{NAME}.txt"


def _is_text(start: bytes) -> bool:
    # The last character may be cut in two.
    return b"\0" not in start and "\ufffd" not in start.decode("utf-8", "replace")[:-1]
