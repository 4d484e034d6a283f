"""Reads ``Pipfile.lock``: a flat list of pinned distributions (pipenv.pypa.io, "Pipfile.lock")."""

from __future__ import annotations

import json
from pathlib import Path

from nautiloid.project.facts import Notebook, ProjectError, Wanted, read_requirement

FILE = "Pipfile.lock"


def read_pipfile_lock(root: Path, notebook: Notebook) -> list[Wanted] | None:
    """Return what the lock pins, without development packages; None where there is no lock.

    Raises:
        ProjectError: The file is not what pipenv writes.
    """
    path = root / FILE
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["default"].items()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ProjectError(f"cannot read {path}: {error!r}", "Make it anew with 'pipenv lock'.") from error
    found = []
    for name, entry in entries:
        if not isinstance(entry, dict) or "version" not in entry:
            notebook.add(FILE, f"not from an index, see python.sources: {name}")
            continue
        extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
        marker = f"; {entry['markers']}" if entry.get("markers") else ""
        wanted = read_requirement(f"{name}{extras}{entry['version']}{marker}", FILE, notebook)
        if wanted:
            found.append(Wanted(wanted.requirement, FILE, locked=True))
    return found
