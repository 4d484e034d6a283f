"""NumPy's ``.npy``: a header that is a Python literal, then numbers, or a pickle where the elements are objects.

Source: ``numpy/lib/_format_impl.py`` (versions 1 to 3). A type counts as numbers only where that is certain.
"""

from __future__ import annotations

import ast
import math
import re

from nautiloid.models.span import Span

MAGIC = b"\x93NUMPY"
_LARGEST_HEADER = 1 << 16
_DEEPEST_TYPE = 8
_NUMERIC = re.compile(r"[<>=|]?([?bBhHiIlLqQefdFD]|[biufcSUVaMm](\d{1,6}))(?:\[[0-9a-zA-Z]{1,8}\])?")
_LETTERS = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 8, "L": 8, "q": 8, "Q": 8, "e": 2, "f": 4,
            "d": 8, "F": 8, "D": 16}  # fmt: skip


def after_numbers(content: Span) -> int | None:
    """Return where an array of numbers ends.

    Returns:
        The place behind its last number; None where its elements may be objects.

    Raises:
        ValueError: It is no array.
    """
    start, header = _header(content)
    size = _item_size(header.get("descr"), 0)
    shape = header.get("shape")
    if size is None or not isinstance(shape, tuple) or not all(type(one) is int and one >= 0 for one in shape):
        return None
    end = start + size * math.prod(shape)
    if end > len(content):
        raise ValueError("its array is longer than the file")
    return end


def after_header(content: Span) -> int:
    """Return where the elements begin.

    Raises:
        ValueError: It is no array.
    """
    return _place(content)[1]


def _place(content: Span) -> tuple[int, int]:
    width = 2 if content.number(6, 1) == 1 else 4
    length = content.number(8, width)
    if length > _LARGEST_HEADER:
        raise ValueError("its header is larger than NumPy reads")
    return 8 + width, 8 + width + length


def _header(content: Span) -> tuple[int, dict[object, object]]:
    first, start = _place(content)
    text = content.exactly(first, start - first).decode("utf-8" if content.number(6, 1) == 3 else "latin-1")
    try:
        header = ast.literal_eval(re.sub(r"(?<=\d)L\b", "", text).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("its header is no literal") from error
    if not isinstance(header, dict):
        raise ValueError("its header is no dict")
    return start, header


def _item_size(kind: object, depth: int) -> int | None:
    """Return the size of an element; None where it may be an object."""
    if isinstance(kind, str):
        match = _NUMERIC.fullmatch(kind)
        if match is None:
            return None
        return int(match[2]) * (4 if match[1][0] == "U" else 1) if match[2] else _LETTERS[match[1]]
    if not isinstance(kind, list) or depth > _DEEPEST_TYPE:
        return None
    sizes = [_part_size(part, depth + 1) for part in kind]
    return sum(size for size in sizes if size is not None) if None not in sizes else None


def _part_size(part: object, depth: int) -> int | None:
    """Return the size of a field of a structured type: a name, a type and perhaps a shape."""
    if not isinstance(part, tuple) or len(part) not in (2, 3):
        return None
    size = _item_size(part[1], depth)
    shape = part[2] if len(part) == 3 else ()
    shape = (shape,) if isinstance(shape, int) else shape
    if size is None or not isinstance(shape, tuple) or not all(type(one) is int and one >= 0 for one in shape):
        return None
    return size * math.prod(shape)
