"""Lay one definition's data over another's: what ``extends`` means, key by key."""

from __future__ import annotations

from typing import Any

# Half of each of two command lines would be neither; the same holds for a probe, which says one thing.
_WHOLE = frozenset({"entrypoint", "command", "probe"})


def overlay(base: Any, top: Any) -> Any:
    """Merge two definitions' data: mappings by key, named things by name, other lists appended, the rest replaced.

    ``null`` takes away what was inherited (as in JSON Merge Patch, RFC 7386).
    """
    if isinstance(top, dict):
        merged = dict(base) if isinstance(base, dict) else {}
        for key, value in top.items():
            if value is None:
                merged.pop(key, None)
            elif key in _WHOLE:
                merged[key] = value
            else:
                merged[key] = overlay(merged.get(key), value)
        return merged
    if isinstance(base, list) and isinstance(top, list):
        return _overlay_lists(base, top)
    return top


def _overlay_lists(base: list[Any], top: list[Any]) -> list[Any]:
    merged = list(base)
    places = {item["name"]: place for place, item in enumerate(base) if isinstance(item, dict) and "name" in item}
    for item in top:
        place = places.get(item.get("name")) if isinstance(item, dict) else None
        if place is None:
            merged.append(overlay(None, item))
        else:
            merged[place] = overlay(merged[place], item)
    return merged
