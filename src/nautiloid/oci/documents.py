"""Writing and reading the JSON documents of an image: canonical out, forgiving in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nautiloid.documents.strict_json import loads_strict
from nautiloid.oci.errors import ImageFormatError


def canonical_json(data: object) -> bytes:
    """Serialise with sorted keys and no spaces: one value, one sequence of bytes, one digest."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def objects(value: object) -> list[dict[str, Any]]:
    """Read a list of JSON objects; what is not an object is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def plain_object(value: object) -> dict[str, Any]:
    """Read a JSON object; anything else, such as null, is an empty one."""
    return value if isinstance(value, dict) else {}


def plain_json(content: bytes) -> dict[str, Any]:
    """Parse JSON of a stranger; anything but an object is an empty one.

    Raises:
        ValueError: It is no JSON, or can be read in two ways.
    """
    return plain_object(loads_strict(content))


def json_object(content: bytes, what: str) -> dict[str, Any]:
    """Parse a JSON object out of an image.

    Args:
        content: UTF-8 JSON.
        what: The name of the part, for the error message.

    Raises:
        ImageFormatError: The bytes are not a JSON object.
    """
    try:
        data = loads_strict(content)
    except ValueError as error:
        raise ImageFormatError(f"The image's {what} is not JSON: {error}.", "The image is damaged.") from error
    if not isinstance(data, dict):
        raise ImageFormatError(f"The image's {what} is not a JSON object.", "The image is damaged.")
    return data


def without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what an absent field would say as well."""
    return {key: value for key, value in data.items() if value}


def strings(value: object) -> tuple[str, ...]:
    """Read a list of strings; anything else, such as null, is an empty one."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def string_map(value: object) -> dict[str, str]:
    """Read a map of strings; anything else, such as null, is an empty one."""
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}
