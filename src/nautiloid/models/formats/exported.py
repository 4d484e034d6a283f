"""PyTorch's exported programs (``.pt2``): JSON whose symbolic expressions the loader evaluates as Python.

Source: ``torch/_export/serde/serialize.py`` (``expr_str`` goes through ``sympy.sympify``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nautiloid.models.formats.strict_json import read_json
from nautiloid.models.limits import LARGEST_HEADER, Budget, TooMuchError
from nautiloid.models.span import Span
from nautiloid.models.verdict import Reason, cannot_tell, runs_code, suspicious

_WORDS = re.compile(r"[A-Za-z_]\w*")
_OTHER = re.compile(r"[\w\s+\-*/%(),.<>=&|~]*")
_SYMBOL = re.compile(
    r"(?:s|u|zuf|zf|backed)\d*(?:s\d+)?|s_?\d+|oo|int_oo|Max|Min|Mod|FloorDiv|CeilDiv|PythonMod|Eq|Ne|"
    r"Lt|Le|Gt|Ge|And|Or|Not|Abs|Pow|IntTrueDiv|ToFloat|TruncToInt|Where|ModularIndexing|True|False"
)
_OWN = ("torch.ops.aten.", "torch.ops.prim.", "torch.ops.prims.", "torch.ops.higher_order.", "torch.sym_", "_operator.",
        "math.", "torch.ops.quantized_decomposed.")  # fmt: skip


def read_exported(content: Span, budget: Budget) -> Iterator[Reason]:
    """Yield why one of the JSON files of a program is not only data.

    Raises:
        TooMuchError: It is too large.
    """
    if len(content) > LARGEST_HEADER:
        raise TooMuchError("a graph is too large")
    try:
        waiting = [read_json(content.content, budget)[0]]
    except ValueError:
        yield suspicious("is no JSON")
        return
    while waiting:
        budget.step()
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            expression = part.get("expr_str")
            if expression is not None and not _is_symbolic(expression):
                yield runs_code(f"evaluates {expression}")
            target = part.get("target")
            if isinstance(target, str) and "." in target and "inputs" in part and not target.startswith(_OWN):
                yield cannot_tell(f"its operator {target} is native code that its loader must bring")


def _is_symbolic(expression: object) -> bool:
    if not isinstance(expression, str) or len(expression) > 4096 or not _OTHER.fullmatch(expression):
        return False
    return all(_SYMBOL.fullmatch(word) for word in _WORDS.findall(expression))
