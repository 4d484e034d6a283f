"""Reads the project's TOML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautiloid.documents.bounded_toml import loads_toml
from nautiloid.project.facts import ProjectError
from nautiloid.project.project_text import read_text


def read_toml(path: Path, root: Path | None = None) -> dict[str, Any] | None:
    """Return a file's data; None where there is no such file.

    Args:
        path: The file.
        root: The directory that it must not lead out of; None where a person named this very file.

    Raises:
        ProjectError: It cannot be read (``project_text``), or is no TOML.
    """
    text = read_text(root, path)
    try:
        return None if text is None else loads_toml(text)
    except ValueError as error:
        raise ProjectError(
            f"cannot read {path}: {error}", "Correct the file, or remove it if it is not used."
        ) from error


def items(data: object) -> list[Any]:
    """Return an array's items; none where it is no array."""
    return data if isinstance(data, list) else []


def table(data: object, *keys: str) -> dict[str, Any]:
    """Return the table at a path of keys; an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
