"""Reads ``setup.cfg`` and ``setup.py``, as far as they say things in plain words: ``setup.py`` is never run.

Source: setuptools' documentation, "Configuring setuptools using setup.cfg files" and "Keywords".
"""

from __future__ import annotations

import ast
import configparser
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nautiloid.project.calls import called
from nautiloid.project.facts import Notebook, ProjectError, Said, Wanted, read_requirement
from nautiloid.project.metadata import Metadata, entry_points
from nautiloid.project.project_text import read_text
from nautiloid.project.requirements import read_requirements

CFG = "setup.cfg"
PY = "setup.py"


def read_setup_cfg(root: Path, notebook: Notebook) -> Metadata | None:
    """Read ``setup.cfg``; None where there is none.

    Raises:
        ProjectError: It cannot be read.
    """
    text = read_text(root, root / CFG)
    if text is None:
        return None
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ProjectError(f"cannot read {root / CFG}: {error}") from error
    install = parser.get("options", "install_requires", fallback="")
    return Metadata(
        name=parser.get("metadata", "name", fallback="").strip(),
        summary=parser.get("metadata", "description", fallback="").strip(),
        python=_python(parser.get("options", "python_requires", fallback=""), CFG, notebook),
        wanted=tuple(_cfg_requirements(install, root, notebook)),
        scripts=entry_points(parser.get("options.entry_points", "console_scripts", fallback="").splitlines()),
    )


def _cfg_requirements(text: str, root: Path, notebook: Notebook) -> Iterator[Wanted]:
    if text.strip().startswith("file:"):
        for name in text.strip().removeprefix("file:").split(","):
            path = root / name.strip()
            if path.is_file():
                yield from read_requirements(path, root, notebook, within=root).wanted
            else:
                notebook.add(CFG, f"takes its dependencies from {name.strip()}, which is no file of the project")
        return
    yield from _requirements(text.replace(";\n", "\n").splitlines(), CFG, notebook)


def read_setup_py(root: Path, notebook: Notebook) -> Metadata | None:
    """Read the call of ``setup`` in ``setup.py``; None where there is none.

    Args:
        root: The project's directory.
        notebook: Hears of what only running it would tell.

    Raises:
        ProjectError: It cannot be read.
    """
    text = read_text(root, root / PY)
    if text is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, PY)
        said = _Arguments(tree, notebook)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        notebook.add(PY, f"is not Python that can be read: {error}")
        return None
    points = said.value("entry_points")
    listed = points.get("console_scripts") if isinstance(points, dict) else None
    return Metadata(
        name=_text(said.value("name")),
        summary=_text(said.value("description")),
        python=_python(_text(said.value("python_requires")), PY, notebook),
        wanted=tuple(_requirements(_texts(said.value("install_requires")), said.origin("install_requires"), notebook)),
        scripts=entry_points(_texts(listed)),
    )


class _Arguments:
    """The keyword arguments of ``setup(...)``: literals, and names of literals."""

    def __init__(self, tree: ast.Module, notebook: Notebook) -> None:
        self._names: dict[str, ast.expr] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._names[node.targets[0].id] = node.value
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) == "setup")
        self._given = {one.arg: one.value for call in list(calls)[:1] for one in call.keywords if one.arg}
        self._notebook = notebook

    def origin(self, name: str) -> str:
        node = self._given.get(name)
        return f"{PY}:{node.lineno}" if node is not None else PY

    def value(self, name: str) -> Any:
        node = self._given.get(name)
        try:
            return self._literal(node, 0) if node is not None else None
        except ValueError:
            self._notebook.add(self.origin(name), f"computes {name}, which only running it would tell: it is not run")
            return None

    def _literal(self, node: ast.expr, depth: int) -> Any:
        """Return a literal's value; names stand for the literals that the file assigns to them.

        Raises:
            ValueError: It is no literal.
        """
        if depth > 20:
            raise ValueError
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self._names:
                return self._literal(self._names[name], depth + 1)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self._literal(item, depth + 1) for item in items]
            case ast.Dict(keys=keys, values=values):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
                return {str(self._literal(key, depth + 1)): self._literal(value, depth + 1) for key, value in pairs}
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                sides = self._literal(left, depth + 1), self._literal(right, depth + 1)
                if all(isinstance(side, list) for side in sides):
                    return [*sides[0], *sides[1]]
        raise ValueError


def _requirements(lines: Iterable[str], origin: str, notebook: Notebook) -> Iterator[Wanted]:
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#") and (wanted := read_requirement(text, origin, notebook)):
            yield wanted


def _python(text: str, origin: str, notebook: Notebook) -> Said[SpecifierSet] | None:
    try:
        return Said(SpecifierSet(text), origin) if text.strip() else None
    except InvalidSpecifier:
        notebook.add(origin, f"python_requires not understood: {text}")
        return None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    values: Iterable[Any] = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else ()
    return [item for item in values if isinstance(item, str)]
