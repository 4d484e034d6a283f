"""Protocol buffers, field by field, without their schema.

Source: Google's "Encoding" page of the protocol buffers documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from nautiloid.models.limits import Budget
from nautiloid.models.span import Span


def fields_of(message: Span, budget: Budget) -> Iterator[tuple[int, int | Span]]:
    """Yield each field's number with its value: a number, or the span of a text, of bytes or of another message.

    Raises:
        ValueError: It is no protocol buffer.
        TooMuchError: There are too many.
    """
    at = 0
    while at < len(message):
        budget.step()
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if not number:
            raise ValueError("a field has the number 0")
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            yield number, message.number(at, size)
            at += size
        elif wire == 2:
            size, at = _varint(message, at)
            if at + size > len(message):
                raise ValueError("a field is longer than its message")
            yield number, message.part(at, at + size)
            at += size
        else:
            raise ValueError(f"a field has the unknown type {wire}")


def text_of(value: int | Span) -> str:
    """Return a field as a text.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, int):
        raise ValueError("a number is in the place of a text")
    return value.content.decode("utf-8")


def inner(value: int | Span) -> Span:
    """Return a field as a message.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, int):
        raise ValueError("a number is in the place of a message")
    return value


def _varint(message: Span, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message.number(at, 1)
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise ValueError("a number does not end")
