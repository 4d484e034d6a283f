"""What the project's Python files import, read from their syntax trees; nothing is executed."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nautiloid.project.facts import Notebook

_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception"}
_WRITERS = {"save", "savefig", "to_csv", "to_json", "to_parquet", "write_text", "write_bytes", "makedirs", "save_file"}


@dataclass(frozen=True)
class Import:
    """A top-level module that a file imports; ``optional`` when the file can do without."""

    module: str
    origin: str
    optional: bool = False


@dataclass
class Sources:
    """What the files say.

    Attributes:
        imports: In order of the files, standard library and relative imports left out.
        mains: Files with ``if __name__ == "__main__"``.
        strings: Short string constants: one of them may name a file of the project.
        writes: Relative paths that are written to, with their origins.
    """

    imports: list[Import] = field(default_factory=list)
    mains: list[Path] = field(default_factory=list)
    strings: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)


def read_sources(files: Iterable[Path], root: Path, notebook: Notebook) -> Sources:
    """Read the syntax trees of Python files.

    Args:
        files: The files.
        root: The project's directory, which origins are relative to.
        notebook: Hears of files that are no Python.
    """
    found = Sources()
    for path in files:
        shown = path.relative_to(root)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the project's code, which is not ours to judge
                tree = ast.parse(path.read_bytes(), str(shown))
        except (SyntaxError, ValueError, RecursionError) as error:
            notebook.add(str(shown), f"is not Python that can be read: {error}")
            continue
        found.imports += _imports(tree, str(shown))
        if any(_is_main_guard(node) for node in tree.body):
            found.mains.append(shown)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 200:
                found.strings.setdefault(node.value, f"{shown}:{node.lineno}")
            elif isinstance(node, ast.Call) and (path_written := _written(node)):
                found.writes.setdefault(path_written, f"{shown}:{node.lineno}")
    return found


def _imports(tree: ast.Module, shown: str) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, optional = waiting.pop(0)
        for module in _modules(node):
            if module not in sys.stdlib_module_names:
                yield Import(module, f"{shown}:{getattr(node, 'lineno', 0)}", optional)
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting += [(child, optional) for child in node.orelse]
        elif isinstance(node, ast.Try):
            guarded = optional or any(_catches_import_errors(handler) for handler in node.handlers)
            waiting += [(child, guarded) for child in node.body]
            rest = [*node.handlers, *node.orelse, *node.finalbody]
            waiting += [(child, guarded if child in node.handlers else optional) for child in rest]
        else:
            waiting += [(child, optional) for child in ast.iter_child_nodes(node)]


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [node.module.partition(".")[0]]
    if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and node.args:
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
            return [name.value.partition(".")[0]]
    return []


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_type_checking(test: ast.expr) -> bool:
    return getattr(test, "attr", getattr(test, "id", "")) == "TYPE_CHECKING"


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _GUARDS for kind in kinds)


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) and "__name__" in ast.unparse(node.test)


def _written(node: ast.Call) -> str:
    """Return the relative path that a call writes to, where the call says so in plain words."""
    constants = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    name = _called(node)
    if (name == "open" and len(constants) > 1 and constants[1][:1] in ("w", "a", "x")) or (
        name in _WRITERS and constants and name not in ("write_text", "write_bytes")
    ):
        path = constants[0]
    else:
        return ""
    return "" if path.startswith("/") else path
