"""Scan whatever a user names: an image, an SBOM, a lock, requirements, a project."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.inspection.inventory import Inspection
from nautiloid.subjects.images import subject_of_inspection
from nautiloid.subjects.reading import subject_of_file, subject_of_project
from nautiloid.subjects.standard_input import NAME, spool
from nautiloid.vulns.model import ScanResult, Subject
from nautiloid.workflows.assess import Criteria, open_assessor, open_assessor_if_held
from nautiloid.workflows.inspecting import ImageChoice, inspect
from nautiloid.workflows.workspace import Workspace


def scan(
    target: str,
    workspace: Workspace,
    criteria: Criteria | None = None,
    *,
    database: Path | str | None = None,
    choice: ImageChoice | None = None,
) -> ScanResult:
    """Find the known vulnerabilities of something, and let VEX and ignore files count.

    Args:
        target: What the user typed; ``-`` is standard input.
        workspace: Where images are looked up.
        criteria: What findings are held against.
        database: The advisories; None is the usual database.
        choice: Which image of an index, and how to talk to registries.

    Raises:
        NautiloidError: There is no such thing, it cannot be read, or there are no advisories.
    """
    with open_assessor(database, criteria or Criteria(), workspace.images, workspace.progress) as assessor:
        return assessor.assess(read_subject(target, workspace, choice))


def scan_inspections(
    inspections: Sequence[Inspection],
    workspace: Workspace,
    criteria: Criteria | None = None,
    database: Path | str | None = None,
) -> tuple[ScanResult, ...]:
    """Judge images that were inspected already; none where no database is named and none is held.

    Raises:
        DatabaseError: The database is there and cannot be read.
    """
    held = open_assessor_if_held(database, criteria or Criteria(), workspace.images, workspace.progress)
    with held as assessor:
        if assessor is None:
            return ()
        return tuple(assessor.assess(subject_of_inspection(one)) for one in inspections)


def read_subject(target: str, workspace: Workspace, choice: ImageChoice | None = None) -> Subject:
    """Return what a name stands for, as a list of components; see ``scan``.

    Raises:
        NautiloidError: There is no such thing, or it cannot be read.
    """
    if not target.strip():
        raise UsageError("there is no name to scan", "Name an image, a file or a directory; '.' is this one.")
    if target == "-":
        return _read_standard_input(workspace, choice)
    path = Path(target).expanduser()
    if path.is_file():
        found = subject_of_file(path)
        if found is not None:
            return found
    elif path.is_dir() and not (path / "index.json").exists() and (found := subject_of_project(path)) is not None:
        return found
    elif path.is_dir() and not target.startswith(("/", ".", "~")):
        target = f"./{target}"
    return subject_of_inspection(inspect(target, workspace, choice))


def _read_standard_input(workspace: Workspace, choice: ImageChoice | None) -> Subject:
    with tempfile.TemporaryDirectory(prefix="nautiloid-") as scratch:
        path = spool(sys.stdin.buffer, Path(scratch))
        found = subject_of_file(path, NAME)
        if found is None:
            found = subject_of_inspection(inspect(str(path), workspace, choice))
        return replace(found, name=NAME)
