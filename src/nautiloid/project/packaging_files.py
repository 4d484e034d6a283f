"""The project's metadata, from whichever packaging files it has: each may say what the others do not."""

from __future__ import annotations

from pathlib import Path

from nautiloid.project.facts import Notebook
from nautiloid.project.metadata import Metadata, together
from nautiloid.project.pyproject import read_pyproject
from nautiloid.project.setup_files import read_setup_cfg, read_setup_py


def read_metadata(root: Path, notebook: Notebook) -> Metadata:
    """Read ``pyproject.toml``, ``setup.cfg`` and ``setup.py``; each thing comes from the first that says it.

    Raises:
        ProjectError: One of them is broken.
    """
    return together((
        read_pyproject(root, notebook), read_setup_cfg(root, notebook), read_setup_py(root, notebook),
    ))  # fmt: skip
