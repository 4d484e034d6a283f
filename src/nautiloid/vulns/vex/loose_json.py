"""Reading documents that others wrote: what is missing or of another type is taken for empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, dict))


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a list that say something."""
    if isinstance(value, list):
        yield from (entry for entry in value if isinstance(entry, str) and entry)


def text(value: Any) -> str:
    """Return a text, or an empty one."""
    return value if isinstance(value, str) else ""
