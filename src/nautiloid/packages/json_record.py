"""Package records that are JSON objects."""

from __future__ import annotations

import json
from typing import Any

from nautiloid.buffer import Buffer
from nautiloid.packages.unreadable import UnreadableError

_LARGEST = 64 << 20


def read_json(content: Buffer, what: str) -> dict[str, Any]:
    """Return the object; an empty one for JSON of another type.

    Args:
        content: The record.
        what: What it is, with its article, for the message.

    Raises:
        UnreadableError: It is not JSON, or larger than any such record is.
    """
    if len(content) > _LARGEST:
        raise UnreadableError(f"{what} of over 64 MiB")
    try:
        data = json.loads(bytes(content))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"{what} that is not JSON") from error
    return data if isinstance(data, dict) else {}
