"""The order of Maven versions.

Source: maven.apache.org, POM reference, "Version Order Specification". A version is cut at dots, hyphens and wherever
digits meet letters; trailing parts that mean nothing (``0``, ``final``, ``ga``, ``release``) fall away before each
hyphen and at the end; known qualifiers have their own order, unknown ones follow them by the alphabet.
"""

from __future__ import annotations

import re
from functools import cmp_to_key, lru_cache
from itertools import zip_longest
from typing import Any

from nautiloid.versions.errors import checked

_TOKEN = re.compile(r"([.-]?)(\d+|[^\d.-]+|(?=[.-]|$))")
_KNOWN = {"alpha": -5, "beta": -4, "milestone": -3, "rc": -2, "cr": -2, "snapshot": -1, "": 0, "sp": 1}
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
_NOTHING = ("final", "ga", "release")
_UNKNOWN = 2

Token = tuple[str, int | str]


@lru_cache(maxsize=65536)
def version_key(version: str) -> Any:
    """Return a key that sorts as Maven compares versions; every text of sane length is one.

    Raises:
        InvalidVersionError: It is empty or far too long.
    """
    return _as_key(_tokens(checked(version, "Maven").lower()))


def _tokens(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    previous_digits: bool | None = None
    for match in _TOKEN.finditer(text):
        separator, word = match[1], match[2]
        if not separator and not word:
            continue
        digits = word.isdigit()
        if not separator and previous_digits is not None:
            separator = "-"
            if previous_digits is False and tokens and isinstance(tokens[-1][1], str):
                tokens[-1] = (tokens[-1][0], _SHORT.get(tokens[-1][1], tokens[-1][1]))
        previous_digits = digits
        tokens.append((separator or "-", int(word) if digits else (word or 0)))
    return tuple(_trimmed(tokens))


def _trimmed(tokens: list[Token]) -> list[Token]:
    """Drop what means nothing at the end and before each hyphen."""
    kept: list[Token] = []
    for token in [*tokens, ("-", 1)]:
        if token[0] == "-":
            while len(kept) > 0 and _means_nothing(kept[-1][1]):
                kept.pop()
        kept.append(token)
    return kept[:-1]


def _means_nothing(value: int | str) -> bool:
    return value in (0, "", *_NOTHING)


def _rank(token: Token) -> tuple[int, int, str]:
    """Return the order of parts at one place: qualifiers, then hyphened numbers, then dotted numbers."""
    separator, value = token
    if isinstance(value, int):
        return (4 if separator == "." else 3), value, ""
    word = "" if value in _NOTHING else value
    known = _KNOWN.get(word)
    return (1, known, "") if known is not None else (1, _UNKNOWN, word)


def _compare(left: tuple[Token, ...], right: tuple[Token, ...]) -> int:
    for mine, yours in zip_longest(left, right):
        # A missing part counts as nothing, spelled as its counterpart is.
        a, b = mine or _padding(yours), yours or _padding(mine)
        first, second = _rank(a), _rank(b)
        if first != second:
            return -1 if first < second else 1
    return 0


def _padding(other: Token) -> Token:
    return (other[0], 0) if isinstance(other[1], int) else (other[0], "")


_as_key = cmp_to_key(_compare)
