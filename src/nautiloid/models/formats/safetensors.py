"""safetensors: a header that must say exactly what follows it.

Source: the format's description in the safetensors project, and its ``tensor.rs``, which refuses the same lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from nautiloid.models.formats.strict_json import read_json
from nautiloid.models.limits import LARGEST_HEADER, Budget
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, suspicious

# Bits of an element.
_TYPES = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
          "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
          "U64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}  # fmt: skip


def is_safetensors(head: bytes, size: int) -> bool:
    """Tell from its first bytes whether a file of this size begins like one."""
    if len(head) < 10 or head[8:9] != b"{":
        return False
    length = int.from_bytes(head[:8], "little")
    return 2 <= length <= min(LARGEST_HEADER, size - 8) and head[9:10] in b'"} \n'


def read_safetensors(content: Span, budget: Budget) -> Judgement:
    """Judge a file of tensors: it holds no code, but a header that lies deceives whoever trusts it.

    Raises:
        TooMuchError: Its header is too large.
    """
    return Judgement.of("safetensors", _lies(content, budget))


def _lies(content: Span, budget: Budget) -> Iterator[Reason]:
    length = int.from_bytes(content.read(0, 8), "little")
    if len(content) < 8 or length > min(LARGEST_HEADER, len(content) - 8):
        yield suspicious("its header is longer than the file")
        return
    header, doubled = read_json(content.read(8, length), budget)
    if doubled:
        yield suspicious(f"its header names {doubled} twice")
    if not isinstance(header, dict):
        yield suspicious("its header is no JSON object")
        return
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(text, str) for text in notes.values()):
        yield suspicious("its metadata are no texts")
    reached = 0
    places = []
    for name, tensor in header.items():
        place = _place(tensor)
        if place is None:
            yield suspicious(f"its tensor {name} is not what its type and shape say")
        else:
            places.append((*place, name))
    for start, end, name in sorted(places):
        if start != reached:
            yield suspicious(f"its tensor {name} {'overlaps another' if start < reached else 'follows a gap'}")
        reached = max(reached, end)
    if reached != len(content) - 8 - length and not (doubled and not places):
        yield suspicious(f"its tensors end at {reached:,} of {len(content) - 8 - length:,} bytes")


def _place(tensor: object) -> tuple[int, int] | None:
    """Return where a tensor lies; None where it contradicts itself."""
    if not isinstance(tensor, dict) or set(tensor) != {"dtype", "shape", "data_offsets"}:
        return None
    shape, offsets, bits = tensor["shape"], tensor["data_offsets"], _TYPES.get(str(tensor["dtype"]))
    if bits is None or not _are_numbers(shape) or not _are_numbers(offsets) or len(offsets) != 2:
        return None
    start, end = offsets
    return (start, end) if 0 <= start <= end and (end - start) * 8 == math.prod(shape) * bits else None


def _are_numbers(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 1 << 63 for value in values)
