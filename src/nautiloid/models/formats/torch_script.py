"""TorchScript's code: a language of its own, whose operators compute; a few of them reach files.

Source: the schemas that ``torch._C._jit_get_all_schemas`` lists (PyTorch 2.13). An operator of another library than
PyTorch's is native code that the loader must bring.
"""

from __future__ import annotations

import re

from nautiloid.models.limits import LARGEST_HEADER, Budget, TooMuchError
from nautiloid.models.span import Span
from nautiloid.models.verdict import Reason, cannot_tell, suspicious

_CALLED = re.compile(rb"([\w.]++)(\(?)")  # whole names, so that no part of one is tried again
_LONGEST_NAME = 4096
_FILES = frozenset(["from_file", "save", "load", "_load", "read_file", "write_file", "as_tensor_file"])
_SPACES = frozenset(["prim", "aten", "quantized", "prims", "torchvision", "inductor", "mkldnn_prepacked", "prepacked",
                     "xnnpack", "static", "profiler", "c10d_functional"])  # fmt: skip


def read_script(content: Span, budget: Budget) -> list[Reason]:
    """Return why a file of TorchScript does more than to compute.

    Raises:
        TooMuchError: It is too large.
    """
    if len(content) > LARGEST_HEADER:
        raise TooMuchError("its code is too large")
    reasons = []
    for match in _CALLED.finditer(content.content):
        budget.step()
        if not match[2]:
            continue
        if len(match[1]) > _LONGEST_NAME:
            reasons.append(cannot_tell(f"its code calls a name of {len(match[1]):,} letters"))
            continue
        library, words = _operator(match[1].decode("utf-8", "replace").rpartition("..")[2].split("."))
        if not words:
            continue
        if words[-1] in _FILES:
            reasons.append(suspicious(f"its code calls {words[-1]}, which reads or writes files"))
        elif library == "ops" and words[0] not in _SPACES:
            reasons.append(cannot_tell(f"its code calls {'.'.join(words)}, native code that its loader must bring"))
    return reasons


def _operator(words: list[str]) -> tuple[str, list[str]]:
    """Split what is called into PyTorch's library and the operator; no words where it is a function of the model."""
    for at, word in enumerate(words):
        if word in ("torch", "ops"):
            return word, words[at + 1 :]
    return "", []
