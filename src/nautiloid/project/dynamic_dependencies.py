"""Reads dependencies that ``pyproject.toml`` calls dynamic, where it names the files that hold them.

Sources: setuptools' "Dynamic Metadata" (``tool.setuptools.dynamic``); hatch-requirements-txt's own documentation
(hatch's metadata hook). A hook that is code is not run: that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nautiloid.project.facts import Notebook, Wanted
from nautiloid.project.requirements import read_requirements
from nautiloid.project.toml_file import table

_FILE = "pyproject.toml"


def dynamic_dependencies(root: Path, data: Mapping[str, Any], notebook: Notebook) -> Iterator[Wanted]:
    """Yield what the files ask for that stand in for ``project.dependencies``.

    Args:
        root: The project's directory.
        data: What ``pyproject.toml`` holds.
        notebook: Hears where nothing but the build backend knows the dependencies.

    Raises:
        ProjectError: A file that it names cannot be read.
    """
    dynamic = table(data, "project").get("dynamic")
    if not isinstance(dynamic, list) or "dependencies" not in dynamic:
        return
    names = [*_setuptools(data), *_hatch(data)]
    for name in names:
        path = root / name
        if not path.is_file():
            notebook.add(_FILE, f"takes its dependencies from {name}, which is no file of the project")
            continue
        yield from read_requirements(path, root, notebook, within=root).wanted
    if not names and not any((root / name).is_file() for name in ("setup.py", "setup.cfg")):
        notebook.add(_FILE, "dependencies are dynamic: only the build backend knows them")


def _setuptools(data: Mapping[str, Any]) -> list[str]:
    return _texts(table(data, "tool", "setuptools", "dynamic", "dependencies").get("file"))


def _hatch(data: Mapping[str, Any]) -> list[str]:
    hook = table(data, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    return _texts(hook.get("files")) or _texts(hook.get("filename")) or (["requirements.txt"] if hook else [])


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
