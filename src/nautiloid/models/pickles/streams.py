"""All pickles in a file, one behind the other, up to the first error and after it.

Source of the older checkpoints of PyTorch: ``torch/serialization.py``, ``_legacy_load``: five pickles (a magic number,
a version, the system, the object, the keys of its storages), then the bytes of the storages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nautiloid.models.limits import Budget
from nautiloid.models.pickles.machine import Machine
from nautiloid.models.pickles.values import Box, Global, Row
from nautiloid.models.span import Span
from nautiloid.models.verdict import Reason, suspicious

_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PICKLES = 5
_MOST_STARTS = 2000
_SHORTEST = 4  # "N." is a pickle as well, but nobody's model
_BEGINNING = re.compile(
    rb"\x80[\x00-\x05]|c[A-Za-z_][\w.]{0,200}\n[A-Za-z_][\w.]{0,200}\n|\x8c.[A-Za-z_][\w.]*\x94?\x8c"
)
# What can stand first in a pickle: whatever needs nothing on the stack.
_STARTERS = frozenset(b"(]})IJKLMNFGSTUVXBCc\x80\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96")
_SIZES = {"Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1, "Byte": 1,
          "Bool": 1, "ComplexDouble": 16, "ComplexFloat": 8, "QInt8": 1, "QUInt8": 1, "QInt32": 4, "Untyped": 1,
          "QUInt4x2": 1, "QUInt2x4": 1}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PickleFacts:
    """What the pickles of one file do.

    Attributes:
        imports: What they name, ``module.name``.
        reasons: Why they are not safe; empty where they only make data.
        nested: Contents that they would load in turn.
        legacy: They are an older checkpoint of PyTorch.
        joblib: They hold arrays as joblib writes them.
    """

    imports: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    nested: tuple[Span, ...] = ()
    legacy: bool = False
    joblib: bool = False


def could_be_pickles(head: bytes, size: int) -> bool:
    """Tell from its first bytes whether a file of this size may be a pickle of any protocol.

    A text is told from a pickle by following its opcodes: it soon takes from an empty stack.
    """
    if not head or head[0] not in _STARTERS:
        return False
    if head[0] == 0x80:
        return len(head) > 1 and head[1] <= 5
    machine = Machine(Span(head), 0, Budget(steps=len(head) + 1)).run()
    if machine.missing:
        # It wants more than the first bytes: no matter, as long as the file has them.
        return len(head) < size and machine.at + machine.missing <= size
    return machine.ended or _acts(machine)


def read_pickles(content: Span, budget: Budget, *, named: bool = False, script: bool = False) -> PickleFacts | None:
    """Follow every pickle in a file; None where it holds none.

    Args:
        content: The file.
        budget: What it may cost.
        named: Whether somebody will take it for a pickle whatever it holds: its name says so. Without, what breaks off
            before it did anything is none.
        script: Whether it is a part of TorchScript.

    Raises:
        TooMuchError: It costs more than the budget has.
    """
    runs: list[Machine] = []
    reasons: list[Reason] = []
    at = 0
    legacy = False
    while at < len(content):
        machine = Machine(content, at, budget, script=script).run()
        if not machine.ended:
            if _acts(machine) or (named and not runs):
                runs.append(machine)
                reasons.append(suspicious(f"a pickle breaks off: {machine.fault}"))
            elif content.read(at, 16).strip(b"\0\r\n "):
                reasons.append(suspicious(f"{len(content) - at:,} bytes follow that are no pickle"))
            runs += _after(content, machine.at, budget, script=script) if runs else []
            break
        runs.append(machine)
        at = machine.at
        legacy = legacy or (len(runs) == 1 and machine.result == _TORCH_MAGIC)
        if legacy and len(runs) % _TORCH_PICKLES == 0:
            after = _after_storages(content, at, runs[-_TORCH_PICKLES:])
            if after is None:
                reasons.append(suspicious("its storages are not as long as they are said to be"))
                runs += _after(content, at, budget, script=script)
                break
            at = after
    if not runs or not (named or _is_pickle(content, runs)):
        return None
    imports = {found for run in runs for found in run.imports}
    return PickleFacts(
        imports=tuple(sorted(map(str, imports))),
        reasons=(*reasons, *(reason for run in runs for reason in run.reasons)),
        nested=tuple(span for run in runs for span in run.nested),
        legacy=legacy,
        joblib=any(found.module.startswith("joblib.") for found in imports),
    )


def _is_pickle(content: Span, runs: list[Machine]) -> bool:
    """Tell whether what nobody calls a pickle is one: numbers of a tensor may begin like a short one."""
    if any(_acts(run) or (run.ended and run.imports) for run in runs):
        return True
    whole = runs[0].ended and (content.read(0, 1) == b"\x80" or runs[0].at == len(content))
    return whole and runs[0].at > _SHORTEST


def _acts(machine: Machine) -> bool:
    """Tell whether a run called something whose name can be one."""
    named = bool(machine.imports) or machine.hidden
    return machine.calls > 0 and named and all(_plausible(found) for found in machine.imports)


def _plausible(named: Global) -> bool:
    return all(part.isidentifier() for text in (named.module, named.name) for part in text.split("."))


def _after(content: Span, at: int, budget: Budget, *, script: bool) -> list[Machine]:
    """Look for more pickles behind one that broke off, wherever one seems to begin."""
    found = []
    rest = _BEGINNING.finditer(content.buffer, content.start + at, content.end)
    reached = at
    for _, match in zip(range(_MOST_STARTS), rest, strict=False):
        start = match.start() - content.start
        if start < reached:
            continue
        machine = Machine(content, start, budget, script=script).run()
        if _acts(machine) or (machine.ended and machine.imports):
            found.append(machine)
            reached = machine.at
    return found


def _after_storages(content: Span, at: int, pickles: list[Machine]) -> int | None:
    """Return where the storages of an older checkpoint end; None where they are not what the pickles say.

    Each is a number of elements (8 bytes) and the elements.
    """
    keys = pickles[-1].result
    if not isinstance(keys, Box) or keys.kind != "list" or not keys.whole:
        return None
    sizes = {}
    for stored in pickles[-2].storages:
        if isinstance(stored.key, Row) and len(stored.key.items) > 4 and isinstance(stored.key.items[1], Global):
            sizes[stored.key.items[2]] = _SIZES.get(stored.key.items[1].name.removesuffix("Storage"), 0)
    for key in keys.items:
        size = sizes.get(key, 0)
        if not size or at + 8 > len(content):
            return None
        at += 8 + content.number(at, 8) * size
    return at if at <= len(content) else None
