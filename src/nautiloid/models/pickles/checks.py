"""Patterns of what allowed callables may be called with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from nautiloid.models.pickles.values import Blob, Box, Global, Made, Row

Pattern = Callable[[object], bool]
"""Tells whether a value may stand in a place."""

_NUMERIC = re.compile(r"[<>=|]?(?:[?bBhHiIlLqQpPefdgFDG]|[biufcSUVaMmT]\d{1,6})(?:\[[0-9a-zA-Z]{1,8}\])?")
_LATIN = ("latin1", "latin-1", "iso-8859-1")


@dataclass(frozen=True)
class Call:
    """A list of arguments: one pattern each.

    Attributes:
        patterns: In order.
        optional: How many of the last ones may be missing.
    """

    patterns: tuple[Pattern, ...] = ()
    optional: int = 0

    def fits(self, args: tuple[object, ...]) -> bool:
        """Tell whether the arguments are of this kind."""
        if not len(self.patterns) - self.optional <= len(args) <= len(self.patterns):
            return False
        return all(pattern(value) for pattern, value in zip(self.patterns, args, strict=False))


def data(value: object) -> bool:
    """Whatever is no function, nor holds one."""
    return not (isinstance(value, Row) and value.loose)


def nothing(value: object) -> bool:
    """None."""
    return value is None


def number(value: object) -> bool:
    """A number."""
    return isinstance(value, int | float)


def whole(value: object) -> bool:
    """A whole number or a truth value."""
    return isinstance(value, int)


def text(value: object) -> bool:
    """A text."""
    return isinstance(value, str) or (isinstance(value, Blob) and value.text)


def octets(value: object) -> bool:
    """Bytes, also those that older pickles make of a text."""
    return isinstance(value, Blob) or (isinstance(value, Made) and value.by.name in ("encode", "bytes", "bytearray"))


def octets_or_text(value: object) -> bool:
    """Bytes, or a text: Python 2 knew no difference."""
    return octets(value) or text(value)


def latin(value: object) -> bool:
    """The encoding in which old pickles keep bytes; others (``rot13``, ``zlib``) would hide texts from a reader."""
    return isinstance(value, str) and value.lower() in _LATIN


def numbers(value: object) -> bool:
    """A tuple of whole numbers: a shape, strides. NumPy's own whole numbers will do."""
    return isinstance(value, Row) and all(whole(one) or made_by("scalar")(one) for one in value.items)


def a_list(value: object) -> bool:
    """A list or a tuple of data."""
    return (isinstance(value, Row) and not value.loose) or (isinstance(value, Box) and value.kind != "dict")


def a_dict(value: object) -> bool:
    """A dict whose keys are texts and no special methods."""
    return isinstance(value, Box) and value.kind == "dict" and value.plain


def optional(pattern: Pattern) -> Pattern:
    """None, or what fits the pattern."""
    return lambda value: value is None or pattern(value)


def either(*patterns: Pattern) -> Pattern:
    """What fits one of the patterns."""
    return lambda value: any(pattern(value) for pattern in patterns)


def made_by(*names: str) -> Pattern:
    """What an allowed callable of one of these names returned."""
    return lambda value: isinstance(value, Made) and value.by.name in names


def named(*names: str) -> Pattern:
    """One of these globals, spelt ``module.name``."""
    return lambda value: isinstance(value, Global) and str(value) in names


def scalar_type(value: object) -> bool:
    """A text that names a NumPy type of numbers, or ``O`` for objects, whose content the pickle then shows."""
    return isinstance(value, str) and (value in ("O", "O8", "|O") or _NUMERIC.fullmatch(value) is not None)


def number_type(value: object) -> bool:
    """A ``numpy.dtype`` that holds no objects."""
    return isinstance(value, Made) and value.by.name == "dtype" and not holds_objects(value)


def holds_objects(kind: Made) -> bool:
    """Tell whether elements of a ``numpy.dtype`` are or have pointers to objects; True where nobody knows."""
    code = kind.args[0] if kind.args else None
    if not isinstance(code, str) or "O" in code:
        return True
    if "V" not in code or kind.state is None:
        return False
    return any(_fields_hold_objects(part) for part in (kind.state.items if isinstance(kind.state, Row) else ()))


def _fields_hold_objects(part: object) -> bool:
    if isinstance(part, Made) and part.by.name == "dtype":
        return holds_objects(part)
    if isinstance(part, Row):
        return any(_fields_hold_objects(one) for one in part.items)
    if isinstance(part, Box) and part.kind == "dict":
        return not (part.plain and part.whole) or any(_fields_hold_objects(one) for one in part.named.values())
    return False


def item_size(kind: Made) -> int | None:
    """Return how many bytes an element of a ``numpy.dtype`` takes; None where nobody knows."""
    code = kind.args[0] if kind.args else None
    if isinstance(kind.state, Row) and len(kind.state.items) > 5:
        size = kind.state.items[5]
        if isinstance(size, int) and size >= 0:
            return size
    match = re.fullmatch(r"[<>=|]?([biufcSUVaMm?])(\d{0,6})", code) if isinstance(code, str) else None
    if match is None:
        return None
    size = int(match[2] or {"?": 1, "b": 1}.get(match[1], 8))
    return size * 4 if match[1] == "U" else size
