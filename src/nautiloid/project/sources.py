"""Reads the project's Python files, each once: what they import, what they do when started, what that needs."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nautiloid import bounds
from nautiloid.project.calls import called
from nautiloid.project.facts import Notebook, ProjectError
from nautiloid.project.imports import Import, imports_of
from nautiloid.project.project_text import read_bytes
from nautiloid.project.run_needs import RunNeed, run_needs

_DEFINING = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.Pass,
)  # fmt: skip


@dataclass(frozen=True)
class Script:
    """A Python file as something to start.

    Attributes:
        path: Relative to the project.
        guarded: It has ``if __name__ == "__main__"``.
        acts: Its top level does something, beyond defining and importing.
        modules: The top-level modules that it imports.
        calls: The names of the functions and methods that it calls.
    """

    path: Path
    guarded: bool
    acts: bool
    modules: frozenset[str]
    calls: frozenset[str]


@dataclass
class Sources:
    """What the files say.

    Attributes:
        imports: In order of the files, standard library and relative imports left out.
        scripts: Each file that is Python.
        strings: Short string constants: one of them may name a file of the project.
        needs: What the program needs of its run.
    """

    imports: list[Import] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    strings: dict[str, str] = field(default_factory=dict)
    needs: list[RunNeed] = field(default_factory=list)


def read_sources(files: Iterable[Path], root: Path, notebook: Notebook) -> Sources:
    """Read the syntax trees of Python files.

    Args:
        files: The files.
        root: The project's directory, which origins are relative to.
        notebook: Hears of files that are no Python, and of those too large to look into.
    """
    found = Sources()
    for path in files:
        shown = path.relative_to(root)
        try:
            content = read_bytes(root, path, bounds.PYTHON_SOURCE)
        except ProjectError as error:
            notebook.add(str(shown), f"not looked into: {error.message}")
            continue
        if content is not None:
            read_source(content, shown, found, notebook)
    return found


def read_source(content: bytes | str, shown: Path, found: Sources, notebook: Notebook) -> None:
    """Read one file's syntax tree into what is found.

    Args:
        content: The file's text.
        shown: Its path, relative to the project.
        found: Grows.
        notebook: Hears when it is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the project's code, which is not ours to judge
            tree = ast.parse(content, str(shown))
        imports = list(imports_of(tree, str(shown)))
        needs = list(run_needs(tree, shown))
        acts = any(_acts(node) for node in tree.body)
        guarded = any(_is_main_guard(node) for node in tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        notebook.add(str(shown), f"is not Python that can be read: {error}")
        return
    calls = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200:
            found.strings.setdefault(node.value, f"{shown}:{node.lineno}")
        elif isinstance(node, ast.Call):
            calls.add(called(node))
    found.imports += imports
    found.needs += needs
    found.scripts.append(Script(shown, guarded, acts, frozenset(one.module for one in imports), frozenset(calls)))


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) and "__name__" in ast.unparse(node.test)


def _acts(node: ast.stmt) -> bool:
    if isinstance(node, _DEFINING):
        return False
    if isinstance(node, ast.Expr):
        return isinstance(node.value, (ast.Call, ast.Await))
    if isinstance(node, ast.If | ast.Try):
        return any(_acts(child) for child in node.body)
    return True
