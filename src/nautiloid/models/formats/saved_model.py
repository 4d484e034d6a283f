"""TensorFlow's SavedModel: which operators its graphs hold.

Source: ``saved_model.proto``, ``meta_graph.proto``, ``graph.proto``, ``function.proto`` of TensorFlow 2.
"""

from __future__ import annotations

from importlib.resources import files

from nautiloid.models.formats.protobuf import fields_of, inner, text_of
from nautiloid.models.limits import Budget
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, cannot_tell, runs_code, suspicious

_PYTHON = frozenset(["PyFunc", "PyFuncStateless", "EagerPyFunc"])
_FILES = frozenset(["ReadFile", "WriteFile", "MatchingFiles", "WholeFileReader", "WholeFileReaderV2", "TextLineReader",
                    "TextLineReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TFRecordReader",
                    "TFRecordReaderV2", "ReaderReadV2", "WriteAudioSummary", "PrintV2", "DebugIdentityV2",
                    "SaveDataset", "SaveDatasetV2", "LoadDataset", "SaveSlices", "DistributedSave",
                    "RpcCall", "RpcClient", "RpcServer"])  # fmt: skip


def read_saved_model(content: Span, budget: Budget) -> Judgement:
    """Judge the graphs of a ``saved_model.pb``.

    Raises:
        ValueError: It is none.
        TooMuchError: It is too large.
    """
    operators: set[str] = set()
    graphs = 0
    for number, value in fields_of(content, budget):
        if number == 2:
            graphs += 1
            _meta_graph(inner(value), operators, budget)
    if not graphs:
        raise ValueError("it has no graph")
    harmless = frozenset(
        files("nautiloid.models.formats").joinpath("tensorflow_operators.txt").read_text("utf-8").split()
    )
    reasons = [_reason(name) for name in sorted(operators - harmless)]
    return Judgement.of("TensorFlow SavedModel", reasons)


def _reason(name: str) -> Reason:
    if name in _PYTHON:
        return runs_code(f"its operator {name} runs Python")
    if name in _FILES:
        return suspicious(f"its operator {name} reads or writes files, or reaches the network")
    return cannot_tell(f"its operator {name} is not known to compute only")


def _meta_graph(graph: Span, operators: set[str], budget: Budget) -> None:
    for number, value in fields_of(graph, budget):
        if number == 2:
            _graph(inner(value), operators, budget)


def _graph(graph: Span, operators: set[str], budget: Budget) -> None:
    own: set[str] = set()
    used: set[str] = set()
    for number, value in fields_of(graph, budget):
        if number == 1:
            used.add(_operator(inner(value), budget))
        elif number == 2:
            _library(inner(value), own, used, budget)
    operators |= used - own


def _library(library: Span, own: set[str], used: set[str], budget: Budget) -> None:
    """Read the functions of a graph: their names are operators of their own."""
    for number, value in fields_of(library, budget):
        if number != 1:
            continue
        for part, inside in fields_of(inner(value), budget):
            if part == 1:
                own |= {text_of(name) for place, name in fields_of(inner(inside), budget) if place == 1}
            elif part == 3:
                used.add(_operator(inner(inside), budget))


def _operator(node: Span, budget: Budget) -> str:
    return next((text_of(value) for number, value in fields_of(node, budget) if number == 2), "")
