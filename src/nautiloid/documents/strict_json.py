"""JSON (RFC 8259) of strangers."""

from __future__ import annotations

import json
from typing import Any

from nautiloid import bounds
from nautiloid.documents.depth import TOO_DEEP, check_depth


def loads_strict(content: bytes | str) -> Any:
    """Parse JSON that two readers cannot read in two ways.

    Raises:
        ValueError: It is none, is nested too deeply, holds too many values, or an object in it names something twice.
    """
    data = _loaded(content, object_pairs_hook=_said_once)
    if "\\ud" in (content.decode("utf-8", "replace") if isinstance(content, bytes) else content).lower():
        json.dumps(data, ensure_ascii=False).encode()  # half a character, which nobody could write again
    return data


def loads_bounded(content: bytes | str) -> Any:
    """Parse JSON of a tool that may name something twice (the last counts) but not nest it without end.

    Raises:
        ValueError: It is none, is nested too deeply, or holds too many values.
    """
    return _loaded(content)


def _loaded(content: bytes | str, **hooks: Any) -> Any:
    marks = (b"[", b"{", b",") if isinstance(content, bytes) else ("[", "{", ",")
    if len(content) > bounds.DOCUMENT_VALUES and sum(map(content.count, marks)) > bounds.DOCUMENT_VALUES:  # type: ignore[arg-type]
        raise ValueError(f"it holds more than {bounds.DOCUMENT_VALUES:,} values")
    try:
        data = json.loads(content, parse_constant=_refuse_constant, **hooks)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    check_depth(data)
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names something twice")
    return found
