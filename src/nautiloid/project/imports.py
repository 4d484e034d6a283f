"""What a Python file imports, read from its syntax tree; nothing is executed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from nautiloid.project.calls import called

_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception"}


@dataclass(frozen=True)
class Import:
    """A top-level module that a file imports; ``optional`` when the file can do without."""

    module: str
    origin: str
    optional: bool = False


def imports_of(tree: ast.Module, shown: str) -> Iterator[Import]:
    """Yield what a file imports, wherever it does, without the standard library and its own package.

    Args:
        tree: Its syntax tree.
        shown: What origins call the file.
    """
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
    if isinstance(node, ast.Call) and called(node) in ("import_module", "__import__") and node.args:
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
            return [name.value.partition(".")[0]]
    return []


def _is_type_checking(test: ast.expr) -> bool:
    return getattr(test, "attr", getattr(test, "id", "")) == "TYPE_CHECKING"


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _GUARDS for kind in kinds)
