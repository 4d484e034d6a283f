"""What Python projects pin: requirements, and the locks of uv, poetry, pdm and PEP 751, as something to scan.

A lock is scanned whole, also what it holds for other platforms and groups: what is pinned may be installed somewhere.
"""

from __future__ import annotations

from pathlib import Path

from nautiloid.packages.purl import pypi_purl
from nautiloid.project.facts import Notebook
from nautiloid.project.locked_packages import is_local, read_locked_packages
from nautiloid.project.requirements import read_requirements
from nautiloid.vulns.model import ScannedComponent, Subject


def subject_of_requirements(path: Path) -> Subject:
    """Return what requirements pin to one version; the rest is said."""
    notebook = Notebook()
    found = read_requirements(path, path.parent, notebook)
    parts, notes = [], [f"{note.origin}: {note.message}" for note in notebook.notes]
    for wanted in found.wanted:
        pins = [one.version for one in wanted.requirement.specifier if one.operator in ("==", "===")]
        if len(pins) == 1 and not pins[0].endswith(".*"):
            parts.append(_scanned(wanted.name, pins[0]))
        else:
            notes.append(f"{wanted.origin}: {wanted.requirement} names no one version and was not checked")
    if found.installs_project:
        notes.append(f"{path}: what the project itself requires ('-e .') was not checked: scan its lock or directory")
    return Subject(str(path), tuple(parts), notes=tuple(notes))


def subject_of_python_lock(path: Path) -> Subject:
    """Return what a lock pins, but for the project itself; what has no version is said.

    Raises:
        ProjectError: It cannot be read.
    """
    parts: dict[ScannedComponent, None] = {}
    notes = []
    for entry in read_locked_packages(path) or ():
        name, version = entry.get("name"), entry.get("version")
        if isinstance(name, str) and isinstance(version, str):
            if not is_local(entry):
                parts[_scanned(name, version)] = None
        elif not is_local(entry):
            # PEP 751 lets whoever locks a repository or a directory leave the version out.
            notes.append(f"{path}: {name if isinstance(name, str) else 'a package'} has no version and was not checked")
    return Subject(str(path), tuple(parts), notes=tuple(notes))


def _scanned(name: str, version: str) -> ScannedComponent:
    return ScannedComponent(name, version, pypi_purl(name, version))
