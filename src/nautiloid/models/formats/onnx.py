"""ONNX: whose operators a graph wants, and which other files it reads.

Source: ``onnx.proto`` of ONNX 1.20 (numbers of fields), and its "External Data" specification.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from nautiloid.models.formats.protobuf import fields_of, inner, text_of
from nautiloid.models.limits import DEEPEST, Budget, TooMuchError
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, cannot_tell, runs_code, suspicious

_KNOWN = frozenset(["", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview",
                    "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental",
                    "com.ms.internal.nhwc"])  # fmt: skip
# What runs Python that comes with the model or with its loader.
_PYTHON = frozenset([("com.microsoft", "PythonOp"), ("com.microsoft", "PythonOpGrad"), ("ai.onnx.contrib", "PyOp"),
                     ("ai.onnx.contrib", "PyCustomOp"), ("ai.onnx.contrib", "PythonOp")])  # fmt: skip
_DEEPEST_GRAPH = 16 * DEEPEST


@dataclass
class _Seen:
    operators: set[tuple[str, str]] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    parts: set[int] = field(default_factory=set)


def read_onnx(content: Span, budget: Budget) -> Judgement:
    """Judge an ONNX model.

    Raises:
        ValueError: It is none.
        TooMuchError: It is too large.
    """
    seen = _Seen()
    for number, value in fields_of(content, budget):
        seen.parts.add(number)
        if number == 7:
            _graph(inner(value), seen, budget, 0)
        elif number == 25:
            _function(inner(value), seen, budget)
        elif number == 20:  # training: an initialisation and an algorithm, both graphs
            for part, graph in fields_of(inner(value), budget):
                if part in (1, 2):
                    _graph(inner(graph), seen, budget, 0)
    if not {1, 7} <= seen.parts:
        raise ValueError("it has no version or no graph")
    return Judgement.of("ONNX", [*_operators(seen), *_places(seen.places)])


def _operators(seen: _Seen) -> list[Reason]:
    found = []
    for domain, name in sorted(seen.operators - seen.functions):
        if (domain, name) in _PYTHON:
            found.append(runs_code(f"its operator {domain}.{name} runs Python"))
        elif domain not in _KNOWN:
            found.append(cannot_tell(f"its operator {domain}.{name} is native code that its loader must bring"))
    return found


def _places(places: set[str]) -> list[Reason]:
    found = []
    for place in sorted(places):
        path = PurePosixPath(place.replace("\\", "/"))
        if not place or path.is_absolute() or ".." in path.parts or ":" in place or "\0" in place:
            found.append(suspicious(f"reads weights from {place!r}, outside of its directory"))
    return found


def _graph(graph: Span, seen: _Seen, budget: Budget, depth: int) -> None:
    if depth > _DEEPEST_GRAPH:
        raise TooMuchError("its graphs nest too deep")
    for number, value in fields_of(graph, budget):
        if number == 1:
            _node(inner(value), seen, budget, depth)
        elif number == 5:
            _tensor(inner(value), seen, budget)
        elif number == 15:  # a sparse tensor: its values and its indices
            _sparse(inner(value), seen, budget)


def _node(node: Span, seen: _Seen, budget: Budget, depth: int) -> None:
    domain = name = ""
    for number, value in fields_of(node, budget):
        if number == 4:
            name = text_of(value)
        elif number == 7:
            domain = text_of(value)
        elif number == 5:
            _attribute(inner(value), seen, budget, depth)
    seen.operators.add((domain, name))


def _attribute(attribute: Span, seen: _Seen, budget: Budget, depth: int) -> None:
    for number, value in fields_of(attribute, budget):
        if number in (5, 10) and isinstance(value, Span):
            _tensor(value, seen, budget)
        elif number in (6, 11) and isinstance(value, Span):
            _graph(value, seen, budget, depth + 1)
        elif number in (22, 23) and isinstance(value, Span):
            _sparse(value, seen, budget)


def _sparse(tensor: Span, seen: _Seen, budget: Budget) -> None:
    for number, value in fields_of(tensor, budget):
        if number in (1, 2):
            _tensor(inner(value), seen, budget)


def _tensor(tensor: Span, seen: _Seen, budget: Budget) -> None:
    for number, value in fields_of(tensor, budget):
        if number == 13:
            entry = {part: text_of(text) for part, text in fields_of(inner(value), budget)}
            if entry.get(1) == "location":
                seen.places.add(entry.get(2, ""))


def _function(function: Span, seen: _Seen, budget: Budget) -> None:
    """Note an operator that the model defines itself, of other operators."""
    domain = name = ""
    for number, value in fields_of(function, budget):
        if number == 1:
            name = text_of(value)
        elif number == 10:
            domain = text_of(value)
        elif number == 7:
            _node(inner(value), seen, budget, 0)
    seen.functions.add((domain, name))
