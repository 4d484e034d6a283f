"""How deep a document is nested: what is deeper than any real one exhausts the stack of whoever walks it."""

from __future__ import annotations

from typing import Any

from nautiloid import bounds

TOO_DEEP = f"it is nested deeper than {bounds.DOCUMENT_DEPTH} levels"


def check_depth(data: Any) -> None:
    """Make sure that lists and mappings lie in each other no deeper than in any real document.

    Raises:
        ValueError: They do.
    """
    level = [data]
    for _ in range(bounds.DOCUMENT_DEPTH):
        values = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [value for inner in values for value in inner]
        if not level:
            return
    raise ValueError(TOO_DEEP)
