"""Reads a project's files as the text of a stranger: within bounds, and none from outside of the project.

A project may come from anywhere. A file of it can be a link to somebody's keys, a pipe that never ends, a hundred
gigabytes, or YAML whose aliases unfold to more than any memory holds.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any, cast

from nautiloid import bounds
from nautiloid.documents.bounded_yaml import loads_yaml
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.project.facts import ProjectError


def read_bytes(root: Path | None, path: Path, largest: int = bounds.PROJECT_TEXT) -> bytes | None:
    """Return what a file of the project holds; None where there is no such file.

    Args:
        root: The project's directory; None where a person named this very file, which may lie anywhere.
        path: The file.
        largest: The most bytes.

    Raises:
        ProjectError: It leads outside of the project, is no regular file, is larger, or cannot be read.
    """
    try:
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            raise ProjectError(
                f"{path} leads outside of the project, so it is not read", "Copy the file into the project."
            )
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ProjectError(f"{path} is no regular file", "Move it away: init reads what goes by that name.")
        if status.st_size > largest:
            raise ProjectError(
                f"{path} has {status.st_size / 1e6:.1f} MB; init reads {largest / 1e6:g} MB of such a file",
                "Move it away if it is not what its name says.",
            )
        with path.open("rb") as file:
            return file.read(largest)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, names with a zero byte
        raise ProjectError(f"cannot read {path}: {error}") from error


def read_text(root: Path | None, path: Path, largest: int = bounds.PROJECT_TEXT) -> str | None:
    """Return a file's text (UTF-8, with or without a mark at its beginning); None where there is no such file.

    Raises:
        ProjectError: As ``read_bytes``, or it is no text.
    """
    content = read_bytes(root, path, largest)
    if content is None:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError(f"cannot read {path}: it is no UTF-8 ({error.reason})") from error


def read_json(root: Path, path: Path) -> dict[str, Any] | None:
    """Return a JSON file's object; None where there is no such file.

    Raises:
        ProjectError: As ``read_text``, or it holds no JSON object.
    """
    text = read_text(root, path)
    if text is None:
        return None
    try:
        data = loads_bounded(text)
    except ValueError as error:
        raise ProjectError(f"cannot read {path}: {error}") from error
    if not isinstance(data, dict):
        raise ProjectError(f"cannot read {path}: it holds no JSON object")
    return data


def read_yaml(root: Path, path: Path) -> dict[str, Any] | None:
    """Return a YAML file's mapping; None where there is no such file, an empty one where it holds nothing.

    Raises:
        ProjectError: As ``read_text``, or ``parse_yaml``.
    """
    text = read_text(root, path, bounds.PROJECT_YAML)
    return None if text is None else parse_yaml(text, str(path))


def parse_yaml(text: str, shown: str) -> dict[str, Any]:
    """Return the mapping that YAML text holds; an empty one where it holds nothing.

    Args:
        text: Of one document.
        shown: What messages call it.

    Raises:
        ProjectError: It is no YAML, no mapping, nested too deeply, or unfolds to too much.
    """
    try:
        data = loads_yaml(text)
    except ValueError as error:
        raise ProjectError(f"cannot read {shown}: {error}") from error
    if data is not None and not isinstance(data, dict):
        raise ProjectError(f"cannot read {shown}: it holds no mapping")
    return cast("dict[str, Any]", data or {})
