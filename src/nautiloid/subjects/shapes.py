"""The values of documents that strangers wrote: a wrong type is an error that names its place, never an empty list.

What is missing is empty. What is there and of another type than its format says must not be passed over: it would look
clean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nautiloid import bounds
from nautiloid.errors import UsageError, quotable


def check_size(size: int, name: str) -> None:
    """Refuse a document that is too large to be read at once.

    Raises:
        UsageError: It is.
    """
    if size > bounds.DOCUMENT:
        raise UsageError(
            f"{name} has {size:,} bytes: documents of up to {bounds.DOCUMENT:,} are read", "Scan it in parts."
        )


def check_number(count: int, name: str) -> None:
    """Refuse a document that lists too much.

    Raises:
        UsageError: It does.
    """
    if count > bounds.DOCUMENT_ENTRIES:
        raise UsageError(f"{name} lists more than {bounds.DOCUMENT_ENTRIES:,} components", "Scan it in parts.")


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """Return an object; an empty one for nothing.

    Raises:
        UsageError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UsageError(f"{where} is no object")
    return value


def objects(value: Any, where: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; none for nothing.

    Raises:
        UsageError: It is no list, or holds something else.
    """
    if value is None:
        return
    if not isinstance(value, list):
        raise UsageError(f"{where} is no list")
    for number, entry in enumerate(value):
        if not isinstance(entry, dict):
            raise UsageError(f"{where}, entry {number + 1}, is no object")
        yield entry


def text(value: Any, where: str) -> str:
    """Return a text, without what no text can be written with; an empty one for nothing.

    Raises:
        UsageError: It is something else.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{where} is no text: {quotable(repr(value), 60)}")
    # JSON can name halves of characters, which no file and no terminal takes.
    return value.encode("utf-8", "replace").decode("utf-8")
