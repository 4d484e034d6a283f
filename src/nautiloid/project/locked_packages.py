"""The packages of a Python lock file: uv's, poetry's, pdm's, and PEP 751's, which keep them in one shape.

Each is a TOML file with an array of tables (``package``, or ``packages`` in PEP 751) that have a name and a version.
Who walks a lock's graph for one image, and who wants to know of everything in it, both begin here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nautiloid.project.facts import Notebook, ProjectError, Wanted, read_requirement
from nautiloid.project.toml_file import read_toml, table

NAMES = ("uv.lock", "poetry.lock", "pylock.toml", "pdm.lock")


def is_python_lock(path: Path) -> bool:
    """Tell by its name whether a file is a lock; PEP 751 allows ``pylock.NAME.toml`` as well."""
    return path.name in NAMES or (path.name.startswith("pylock.") and path.suffix == ".toml")


def read_locked_packages(path: Path, root: Path | None = None) -> list[dict[str, Any]] | None:
    """Return the table of each package; None where there is no such file.

    Args:
        path: The lock.
        root: The directory that it must not lead out of; None where a person named this very file.

    Raises:
        ProjectError: The file is no TOML, or its packages are no tables.
    """
    data = read_toml(path, root)
    if data is None:
        return None
    entries = data.get("package") or data.get("packages") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ProjectError(f"cannot read {path}: its packages are no array of tables", "Make the lock anew.")
    return entries


def pin(name: str, entry: Mapping[str, Any], origin: str, notebook: Notebook) -> Wanted | None:
    """Return the one version that an entry pins; None, with a note, where it pins none that there can be.

    Args:
        name: The package's name.
        entry: Its table.
        origin: The lock.
        notebook: Hears of a name or version that is none.
    """
    wanted = read_requirement(f"{name}=={entry.get('version')}", origin, notebook)
    return None if wanted is None else Wanted(wanted.requirement, origin, locked=True)


def is_local(entry: dict[str, Any]) -> bool:
    """Tell whether a package is the project itself, or a directory beside it."""
    return bool({"editable", "virtual", "directory"} & table(entry, "source").keys())
