"""From a path to something that can be scanned: SBOMs, locks, requirements, projects."""

from __future__ import annotations

from pathlib import Path

from nautiloid.project.locked_packages import is_python_lock
from nautiloid.subjects.documents import is_tag_value, subject_of_document
from nautiloid.subjects.project_files import find_project_files
from nautiloid.subjects.python_files import subject_of_python_lock, subject_of_requirements
from nautiloid.subjects.shapes import check_size
from nautiloid.vulns.model import Subject


def subject_of_file(path: Path, name: str = "") -> Subject | None:
    """Return what a file says; None where it is nothing that speaks of packages, such as an image's archive.

    Args:
        path: The file.
        name: What reports call it; the path by default.

    Raises:
        UsageError: It looks like a document that speaks of packages, and cannot be read.
    """
    shown = name or str(path)
    if is_python_lock(path):
        check_size(path.stat().st_size, shown)
        return subject_of_python_lock(path, shown)
    if path.suffix in (".txt", ".in") and not is_tag_value(path):
        check_size(path.stat().st_size, shown)
        return subject_of_requirements(path, path.parent if name else None, shown)
    return subject_of_document(path, shown)


def subject_of_project(directory: Path) -> Subject | None:
    """Return what the requirements and locks of a project, and of all below it, say; None for a directory without any.

    Raises:
        UsageError: One of them cannot be read, or there are too many directories.
    """
    files = find_project_files(directory)
    subjects = []
    for file in files.locks:
        found = subject_of_file(file)
        subjects += [found] if found is not None else []
    subjects += [found for file in files.requirements if (found := subject_of_file(file)) is not None]
    if not subjects:
        return None
    notes = [f"{file} was not read: the lock beside it counts" for file in files.passed_over]
    unread = [f"{file} was not read: locks of its kind are not known" for file in files.foreign]
    return Subject(
        str(directory),
        tuple(dict.fromkeys(part for subject in subjects for part in subject.parts)),
        notes=tuple(dict.fromkeys([*(note for subject in subjects for note in subject.notes), *notes])),
        unread=tuple(dict.fromkeys([*(text for subject in subjects for text in subject.unread), *unread])),
    )
