"""Reads a Jupyter notebook: its code, and the ``pip install`` lines in it. No cell is run, no output looked at.

Source: nbformat's documentation, "The notebook file format" (4.x; 3.x keeps its cells in worksheets).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nautiloid.project.facts import Notebook, ProjectError, Wanted, read_requirement
from nautiloid.project.pip_command import read_pip_install
from nautiloid.project.project_text import read_json
from nautiloid.project.sources import Sources, read_source

_MAGIC = re.compile(r"\s*[%!?]|.*\?\s*$")
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_CELLS = {"time", "timeit", "capture", "prun"}
_INSTALLS = re.compile(r"\s*[%!]\s*(pip3?\s+install\s.*|python3?\s+-m\s+pip\s+install\s.*)")


@dataclass(frozen=True)
class NotebookFile:
    """A notebook as something to start.

    Attributes:
        path: Relative to the project.
        wanted: What its ``%pip install`` lines ask for.
        sources: What its code says.
        has_parameters: A cell is tagged ``parameters``: papermill can set them.
    """

    path: Path
    wanted: tuple[Wanted, ...]
    sources: Sources
    has_parameters: bool


def notebooks_of(root: Path) -> list[Path]:
    """Return the notebooks at the project's top level and in ``notebooks``, those that say what they are for first."""
    found = [path for place in (root, root / "notebooks") for path in sorted(place.glob("*.ipynb")) if path.is_file()]
    return [path.relative_to(root) for path in found if not path.name.startswith(".")]


def read_notebook(root: Path, path: Path, notebook: Notebook) -> NotebookFile:
    """Read a notebook.

    Args:
        root: The project's directory.
        path: Relative to it.
        notebook: Hears of what only a shell understands.

    Raises:
        ProjectError: It is no notebook, or no Python one.
    """
    data = read_json(root, root / path)
    if data is None or not isinstance(cells := _cells(data), list):
        raise ProjectError(f"{root / path} is no notebook: it has no cells")
    language = _language(data)
    if language not in ("", "python"):
        raise ProjectError(f"{path} is a notebook of {language}, not of Python")
    lines: list[str] = []
    wanted: list[Wanted] = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            lines += _code(_text(cell), f"{path} cell {number}", wanted, notebook)
    sources = Sources()
    read_source("\n".join(lines), path, sources, notebook)
    tags = (cell["metadata"].get("tags") for cell in cells if isinstance(cell, dict) and _has_metadata(cell))
    return NotebookFile(
        path, tuple(wanted), sources, any(isinstance(named, list) and "parameters" in named for named in tags)
    )


def _cells(data: dict[str, Any]) -> object:
    worksheets = data.get("worksheets")
    if isinstance(worksheets, list) and worksheets and isinstance(worksheets[0], dict):
        return worksheets[0].get("cells")
    return data.get("cells")


def _language(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    return str(kernel.get("language") or "").lower() if isinstance(kernel, dict) else ""


def _has_metadata(cell: dict[str, Any]) -> bool:
    return isinstance(cell.get("metadata"), dict)


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input"))
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")


def _code(text: str, origin: str, wanted: list[Wanted], notebook: Notebook) -> Iterator[str]:
    """Yield the Python of a cell: magics become empty lines, what they install is wanted."""
    lines = text.splitlines()
    first = _CELL_MAGIC.match(lines[0]) if lines else None
    if first and first[1] not in _PYTHON_CELLS:
        notebook.add(origin, f"not looked into: %%{first[1]}")
        return
    for line in lines:
        if (install := _INSTALLS.match(line)) is not None:
            _install(install[1], origin, wanted, notebook)
        elif re.match(r"\s*!", line):
            notebook.add(origin, f"a command for a shell, and the image has none: {line.strip()}")
        # An indented magic is a statement like any other: what stands for it must be one too.
        yield re.sub(r"\S.*", "pass", line) if _MAGIC.match(line) else line


def _install(command: str, origin: str, wanted: list[Wanted], notebook: Notebook) -> None:
    try:
        pip = read_pip_install(shlex.split(command))
    except ValueError:
        pip = None
    if pip is None:
        notebook.add(origin, f"not understood: {command}")
        return
    wanted += [one for text in pip.packages if (one := read_requirement(text, origin, notebook))]
    if left := [*pip.files, *pip.index]:
        notebook.add(origin, f"not carried over: {', '.join(left)}")
