"""What lies on the stack of a pickle that is read and not carried out: values as far as they matter.

``None``, booleans, whole numbers, fractions and short texts stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nautiloid.models.span import Span

_MOST_KEPT = 1 << 16


@dataclass(frozen=True, slots=True)
class Global:
    """What a module holds under a name: a class, a function, whatever it may be."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, or a text too long to be kept.

    Attributes:
        span: Where they are in the file.
        text: Whether they become a text.
    """

    span: Span
    text: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A tuple.

    Attributes:
        loose: A function is in it, at any depth: it must not become a part of the data.
    """

    items: tuple[object, ...]
    loose: bool


@dataclass(slots=True, eq=False)
class Box:
    """A list, a dict or a set that grows.

    Attributes:
        kind: ``list``, ``dict``, ``set`` or ``frozenset``.
        items: What a list holds, or the keys and values of a dict by text; only the first ones.
        whole: Nothing was left out of ``items``.
        plain: Every key is a text, and none is the name of a special method (``__x__``).
    """

    kind: str
    items: list[object] = field(default_factory=list)
    named: dict[str, object] = field(default_factory=dict)
    whole: bool = True
    plain: bool = True

    def add(self, value: object) -> None:
        """Append to a list."""
        if len(self.items) < _MOST_KEPT:
            self.items.append(value)
        else:
            self.whole = False

    def put(self, key: object, value: object) -> None:
        """Set a key of a dict."""
        if not isinstance(key, str) or (key.startswith("__") and key.endswith("__")):
            self.plain = False
        elif len(self.named) < _MOST_KEPT or key in self.named:
            self.named[key] = value
        else:
            self.whole = False


@dataclass(slots=True, eq=False)
class Made:
    """What an allowed call returned.

    Attributes:
        by: What was called.
        args: What it was called with.
        state: What ``BUILD`` gave to it last.
    """

    by: Global
    args: tuple[object, ...] = ()
    state: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What the loader finds by an id of its own (``PERSID``): a tensor's bytes."""

    key: object


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """What nobody can know: the result of a call that is not allowed."""


UNKNOWN = Unknown()
