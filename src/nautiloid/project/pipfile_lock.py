"""Reads ``Pipfile.lock``: a flat list of pinned distributions (pipenv.pypa.io, "Pipfile.lock")."""

from __future__ import annotations

from pathlib import Path

from nautiloid.project.facts import Notebook, ProjectError, Wanted, read_requirement
from nautiloid.project.project_text import read_json

FILE = "Pipfile.lock"


def read_pipfile_lock(root: Path, notebook: Notebook) -> list[Wanted] | None:
    """Return what the lock pins, without development packages; None where there is no lock.

    Raises:
        ProjectError: The file is not what pipenv writes.
    """
    path = root / FILE
    data = read_json(root, path)
    if data is None:
        return None
    if not isinstance(data.get("default"), dict):
        raise ProjectError(f"cannot read {path}: it has no 'default'", "Make it anew with 'pipenv lock'.")
    entries = data["default"].items()
    found = []
    for name, entry in entries:
        if not isinstance(entry, dict) or "version" not in entry:
            notebook.add(FILE, f"not from an index, see python.sources: {name}")
            continue
        extras = f"[{','.join(map(str, entry['extras']))}]" if isinstance(entry.get("extras"), list) else ""
        marker = f"; {entry['markers']}" if entry.get("markers") else ""
        wanted = read_requirement(f"{name}{extras}{entry['version']}{marker}", FILE, notebook)
        if wanted:
            found.append(Wanted(wanted.requirement, FILE, locked=True))
    return found
