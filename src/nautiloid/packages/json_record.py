"""Package records that are JSON objects."""

from __future__ import annotations

from typing import Any

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.packages.unreadable import UnreadableError


def read_json(content: Buffer, what: str) -> dict[str, Any]:
    """Return the object; an empty one for JSON of another type.

    Args:
        content: The record.
        what: What it is, with its article, for the message.

    Raises:
        UnreadableError: It is not JSON, or larger than any such record is.
    """
    if len(content) > bounds.JSON_RECORD:
        raise UnreadableError(f"{what} of over {bounds.JSON_RECORD >> 20} MiB")
    try:
        data = loads_bounded(bytes(content))
    except ValueError as error:
        raise UnreadableError(f"{what} that is not JSON") from error
    return data if isinstance(data, dict) else {}
