"""Writing and reading the JSON documents of an image: canonical out, forgiving in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nautiloid.oci.errors import ImageFormatError

_DEEPEST = 100  # levels; real documents have less than ten
_TOO_DEEP = "it is nested too deeply"


def canonical_json(data: object) -> bytes:
    """Serialise with sorted keys and no spaces: one value, one sequence of bytes, one digest."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def objects(value: object) -> list[dict[str, Any]]:
    """Read a list of JSON objects; what is not an object is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def plain_object(value: object) -> dict[str, Any]:
    """Read a JSON object; anything else, such as null, is an empty one."""
    return value if isinstance(value, dict) else {}


def strict_json(content: bytes) -> Any:
    """Parse JSON (RFC 8259) that a stranger sent.

    Raises:
        ValueError: It is none, is nested too deeply, or an object in it names something twice, which two readers may
            read in two ways.
    """
    try:
        data = json.loads(content, parse_constant=_refuse_constant, object_pairs_hook=_said_once)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if b"\\ud" in content.lower():
        json.dumps(data, ensure_ascii=False).encode()  # half a character, which nobody could write again
    level = [data]
    for _ in range(_DEEPEST):
        values = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [value for inner in values for value in inner]
        if not level:
            return data
    raise ValueError(_TOO_DEEP)


def json_object(content: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object out of an image.

    Args:
        content: UTF-8 JSON.
        what: The name of the part, for the error message.

    Raises:
        ImageFormatError: The bytes are not a JSON object.
    """
    try:
        data = strict_json(content)
    except ValueError as error:
        raise ImageFormatError(f"The image's {what} is not JSON: {error}.", "The image is damaged.") from error
    if not isinstance(data, dict):
        raise ImageFormatError(f"The image's {what} is not a JSON object.", "The image is damaged.")
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names something twice")
    return found


def without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an absent field would say as well."""
    return {key: value for key, value in data.items() if value}


def strings(value: object) -> tuple[str, ...]:
    """Read a list of strings; anything else, such as null, is an empty one."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def string_map(value: object) -> dict[str, str]:
    """Read a map of strings; anything else, such as null, is an empty one."""
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}
