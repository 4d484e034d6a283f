"""From a path to something that can be scanned: SBOMs, locks, requirements, projects."""

from __future__ import annotations

import json
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.factory.lockfile import read_lock
from nautiloid.project.locked_packages import NAMES, is_python_lock
from nautiloid.subjects.images import subject_of_lock
from nautiloid.subjects.python_files import subject_of_python_lock, subject_of_requirements
from nautiloid.subjects.sboms import subject_of_cyclonedx, subject_of_spdx
from nautiloid.vulns.model import Subject

_PROJECT_FILES = ("requirements.txt", *NAMES)


def subject_of_file(path: Path) -> Subject | None:
    """Return what a file says; None where it is nothing that speaks of packages, such as an image's archive.

    Raises:
        UsageError: It looks like a document that speaks of packages, and cannot be read.
    """
    if is_python_lock(path):
        return subject_of_python_lock(path)
    if path.suffix in (".txt", ".in"):
        return subject_of_requirements(path)
    with path.open("rb") as stream:
        if stream.read(256).lstrip()[:1] != b"{":
            return None
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", "Give an SBOM, a lock, requirements or an image.") from error
    if data.get("bomFormat") == "CycloneDX":
        return subject_of_cyclonedx(data, path)
    if "spdxVersion" in data:
        return subject_of_spdx(data, path)
    if "definition" in data and "debs" in data:
        return subject_of_lock(read_lock(path), str(path))
    raise UsageError(
        f"{path} is neither an SBOM nor a lock", "Known: CycloneDX JSON, SPDX 2 JSON, nautiloid locks, requirements."
    )


def subject_of_project(directory: Path) -> Subject | None:
    """Return what a project's requirements and Python locks say; None for a directory that has none of them."""
    files = [directory / name for name in _PROJECT_FILES if (directory / name).is_file()]
    if not files:
        return None
    locked = [file for file in files if is_python_lock(file)]
    subjects = [subject for file in (locked or files) if (subject := subject_of_file(file)) is not None]
    parts = tuple(dict.fromkeys(part for subject in subjects for part in subject.parts))
    return Subject(str(directory), parts, notes=tuple(note for subject in subjects for note in subject.notes))
