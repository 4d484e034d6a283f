"""Paths that a program writes down in plain words: constants, and what pathlib, os.path and f-strings make of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import PurePosixPath

from nautiloid.project.calls import called, dotted

UNKNOWN = "*"
"""Stands for the part of a path that only the running program knows."""

_PATH_CLASSES = {"Path", "PurePath", "PosixPath", "PurePosixPath"}


class PathConstants:
    """What one file's expressions mean as paths.

    Relative to the directory where the program starts; what is relative to the file itself (``__file__``) counts as
    relative to the file's directory in the project.
    """

    def __init__(self, tree: ast.Module, here: PurePosixPath) -> None:
        """Read the constants of the file's top level, such as ``OUT = Path("results")``.

        Args:
            tree: The file.
            here: Its directory in the project.
        """
        self._here = str(here)
        self._names: dict[str, str] = {}
        for node in tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            target = node.target if isinstance(node, ast.AnnAssign) else target
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None and (path := self.read(value)) is not None:
                self._names[target.id] = path

    @property
    def names(self) -> Mapping[str, str]:
        """The constants by name."""
        return self._names

    def read(self, node: ast.expr) -> str | None:
        """Return the path that an expression means; None where its beginning is not known."""
        found: str | None = None
        match node:
            case ast.Constant(value=str(text)):
                found = text
            case ast.Name(id="__file__"):
                found = f"{self._here}/{UNKNOWN}.py"
            case ast.Name(id=name):
                found = self._names.get(name)
            case ast.JoinedStr(values=parts):
                text = self._joined_string(parts)
                found = None if text.startswith(UNKNOWN) else text
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                found = self._join([left, right])
            case ast.Attribute(value=inner, attr="parent"):
                found = _parent(self.read(inner))
            case ast.Call():
                found = self._call(node)
        return found

    def _call(self, node: ast.Call) -> str | None:
        name = called(node)
        if name in _PATH_CLASSES or (name == "join" and dotted(node).endswith("path.join")):
            return self._join(node.args) if node.args else None
        if name == "dirname" and node.args:
            return _parent(self.read(node.args[0]))
        if name in ("str", "fspath", "abspath", "realpath") and len(node.args) == 1:
            return self.read(node.args[0])
        if name in ("resolve", "absolute", "expanduser") and isinstance(node.func, ast.Attribute):
            return self.read(node.func.value)
        return None

    def _join(self, parts: list[ast.expr]) -> str | None:
        first = self.read(parts[0])
        if first is None:
            return None
        joined = PurePosixPath(first)
        for part in parts[1:]:
            partly = self._joined_string(part.values) if isinstance(part, ast.JoinedStr) else self.read(part)
            joined /= partly or UNKNOWN
        return str(joined)

    @staticmethod
    def _joined_string(parts: list[ast.expr]) -> str:
        return "".join(str(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in parts)


def _parent(path: str | None) -> str | None:
    return None if path is None else str(PurePosixPath(path).parent)
