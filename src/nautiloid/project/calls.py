"""What a call in a syntax tree calls."""

from __future__ import annotations

import ast


def called(node: ast.Call) -> str:
    """Return the last name of what is called: ``save`` of ``torch.save(...)``; empty where it has none."""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def dotted(node: ast.Call) -> str:
    """Return the whole name of what is called, as it is written: ``torch.save``; empty where it is no plain name."""
    parts: list[str] = []
    function = node.func
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    return ".".join([function.id, *reversed(parts)]) if isinstance(function, ast.Name) else ""
