"""The versions that a project's own lock file pins, whichever tool wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nautiloid.project.base_image import BaseImage
from nautiloid.project.facts import Notebook, Wanted
from nautiloid.project.flat_locks import read_flat_lock
from nautiloid.project.metadata import Metadata
from nautiloid.project.pipfile_lock import read_pipfile_lock
from nautiloid.project.poetry_lock import read_poetry_lock
from nautiloid.project.uv_lock import read_uv_lock


def read_project_lock(root: Path, metadata: Metadata, base: BaseImage, notebook: Notebook) -> Sequence[Wanted] | None:
    """Read the first lock file that there is: uv's, Poetry's, PEP 751's, PDM's or Pipenv's.

    Args:
        root: The project's directory.
        metadata: What the lock was made from.
        base: What the definition builds upon; what it brings need not be locked.
        notebook: Hears of what is not supported.

    Returns:
        The pinned distributions; None where the project has no lock file.

    Raises:
        ProjectError: The lock file cannot be read.
    """
    locked = read_uv_lock(root, base.environment, base.brings, notebook)
    if locked is None:
        locked = read_poetry_lock(root, metadata.wanted, base.environment, base.brings, notebook)
    if locked is None:
        locked = read_flat_lock(root, metadata.wanted, base.environment, base.brings, notebook)
    return locked if locked is not None else read_pipfile_lock(root, notebook)
