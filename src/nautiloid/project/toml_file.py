"""Reads the project's TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nautiloid.project.facts import ProjectError


def read_toml(path: Path) -> dict[str, Any] | None:
    """Return a file's data; None where there is no such file.

    Raises:
        ProjectError: It is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProjectError(
            f"cannot read {path}: {error}", "Correct the file, or remove it if it is not used."
        ) from error


def table(data: object, *keys: str) -> dict[str, Any]:
    """Return the table at a path of keys; an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
