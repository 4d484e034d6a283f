"""What Python projects pin: requirements, and the locks of uv, poetry, pdm, pipenv and PEP 751, as something to scan.

A lock is scanned whole, also what it holds for other platforms and groups: what is pinned may be installed somewhere.
The same goes for constraints: pip installs those versions wherever something asks for the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nautiloid import bounds
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.packages.purl import pypi_purl
from nautiloid.project.facts import Notebook, ProjectError, Wanted
from nautiloid.project.locked_packages import is_local, read_locked_packages
from nautiloid.project.requirements import NOT_CARRIED_OVER, read_requirements
from nautiloid.regular_file import read_regular
from nautiloid.subjects.lines import lines_of_keys, lines_of_tables
from nautiloid.vulns.model import ScannedComponent, Subject


def subject_of_requirements(path: Path, root: Path | None = None, name: str = "") -> Subject:
    """Return what requirements pin to one version, with the files that they include; the rest is said.

    Args:
        path: The file.
        root: What files are named relative to; the working directory by default.
        name: What reports call it; the path by default.

    Raises:
        ProjectError: It cannot be read.
    """
    notebook = Notebook()
    found = read_requirements(path, root or Path.cwd(), notebook)
    remarks = [(f"{note.origin}: {note.message}", note.message.startswith(NOT_CARRIED_OVER)) for note in notebook.notes]
    parts: dict[ScannedComponent, None] = {}
    unread = [text for text, is_harmless in remarks if not is_harmless]
    pinned_elsewhere = {one.name for one in found.constraints if _pin(one)}
    for wanted in (*found.wanted, *found.constraints):
        if pin := _pin(wanted):
            file, _, line = wanted.origin.rpartition(":")
            parts[_scanned(wanted.name, pin, file, int(line))] = None
        elif wanted not in found.constraints and wanted.name not in pinned_elsewhere:
            unread.append(f"{wanted.origin}: {wanted.requirement} names no one version and was not checked")
    if found.installs_project:
        unread.append(f"{path}: what the project itself requires ('-e .') was not checked: scan its lock or directory")
    notes = tuple(text for text, is_harmless in remarks if is_harmless)
    return Subject(name or str(path), tuple(parts), notes=notes, unread=tuple(unread))


def subject_of_python_lock(path: Path, file: str = "") -> Subject:
    """Return what a lock pins, but for the project itself; what has no version is said.

    Args:
        path: The lock.
        file: What reports call it; the path by default.

    Raises:
        ProjectError: It cannot be read.
    """
    entries = read_locked_packages(path) or []
    lines = lines_of_tables(read_regular(path, bounds.DOCUMENT).decode("utf-8-sig"))
    numbers = lines if len(lines) == len(entries) else [0] * len(entries)
    return _subject_of_entries(zip(entries, numbers, strict=True), file or str(path))


def subject_of_pipfile_lock(path: Path, file: str = "") -> Subject:
    """Return what pipenv's lock pins, of its packages and of those for development.

    Args:
        path: The lock.
        file: What reports call it; the path by default.

    Raises:
        ProjectError: It is not what pipenv writes.
    """
    try:
        content = read_regular(path, bounds.DOCUMENT).decode("utf-8-sig")
        data = loads_bounded(content)
        found = [pair for group in ("default", "develop") for pair in data.get(group, {}).items()]
        entries = [{**entry, "name": name} for name, entry in found]
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ProjectError(f"cannot read {path}: {error!r}", "Make it anew with 'pipenv lock'.") from error
    lines = lines_of_keys(content)
    for entry in entries:
        version = entry.get("version")
        entry["version"] = version.removeprefix("==") if isinstance(version, str) else None
    return _subject_of_entries(((entry, lines.get(str(entry["name"]), 0)) for entry in entries), file or str(path))


def _subject_of_entries(entries: Iterator[tuple[dict[str, Any], int]], file: str) -> Subject:
    parts: dict[ScannedComponent, None] = {}
    unread = []
    for entry, line in entries:
        name, version = entry.get("name"), entry.get("version")
        if is_local(entry):
            continue
        if isinstance(name, str) and isinstance(version, str):
            parts[_scanned(name, version, file, line)] = None
        else:
            # PEP 751 lets whoever locks a repository or a directory leave the version out.
            label = name if isinstance(name, str) else "a package"
            unread.append(f"{file}: {label} has no version and was not checked")
    return Subject(file, tuple(parts), unread=tuple(unread))


def _pin(wanted: Wanted) -> str:
    """Return the one version that a requirement names; empty where it names none."""
    pins = [one.version for one in wanted.requirement.specifier if one.operator in ("==", "===")]
    return pins[0] if len(pins) == 1 and not pins[0].endswith(".*") else ""


def _scanned(name: str, version: str, file: str, line: int) -> ScannedComponent:
    return ScannedComponent(name, version, pypi_purl(name, version), file=file, line=line)
