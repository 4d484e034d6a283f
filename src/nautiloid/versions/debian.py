"""The order of Debian package versions, exactly as dpkg has it.

Source: deb-version(7) and Debian Policy section 5.6.12. A version is ``[epoch:]upstream[-revision]``; the
upstream part and the revision are compared by turns as text (``~`` sorts before the end, letters before all
other characters) and as whole numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nautiloid import bounds
from nautiloid.errors import NautiloidError
from nautiloid.versions.errors import InvalidVersionError

VersionKey = tuple[int, tuple[str | int, ...], tuple[str | int, ...]]

_VERSION = re.compile(r"(?!.*-$)(?:(\d+):)?([A-Za-z0-9.+~:-]+?)(?:-([A-Za-z0-9+.~]+))?", re.ASCII)
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_END = "\x02"
# Translated text sorts by plain code points: "~", then the end of the text, then letters, then the rest.
_TEXT_ORDER = {ord("~"): "\x01"} | {ord(other): chr(ord(other) + 256) for other in "+-.:"}


@lru_cache(maxsize=65536)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts, and is equal, exactly as dpkg compares versions.

    Raises:
        InvalidVersionError: ``version`` does not follow deb-version(7).
    """
    if len(version) > bounds.VERSION:
        raise InvalidVersionError(f"{version[:40]!r}... has {len(version)} characters: no Debian version is so long")
    match = _VERSION.fullmatch(version)
    if match is None or (match[1] is None and ":" in match[2]):
        raise InvalidVersionError(f"{version!r} is not a Debian version")
    epoch, upstream, revision = match.groups()
    return int(epoch or 0), _part_key(upstream), _part_key(revision or "0")


def compare_versions(left: str, right: str) -> int:
    """Return -1, 0 or 1 as ``left`` is older than, the same as, or newer than ``right``."""
    a, b = version_key(left), version_key(right)
    return (a > b) - (a < b)


def satisfies(version: str, operator: str, bound: str) -> bool:
    """Say whether ``version`` meets a constraint such as ``>= 1.2-3``.

    ``<`` and ``>`` are the obsolete spellings of ``<=`` and ``>=`` (Policy section 7.1).
    """
    order = compare_versions(version, bound)
    match operator:
        case "<<":
            return order < 0
        case "<=" | "<":
            return order <= 0
        case "=":
            return order == 0
        case ">=" | ">":
            return order >= 0
        case ">>":
            return order > 0
    raise NautiloidError(f"{operator!r} is not a version relation", "Use one of <<, <=, =, >=, >>.")


def _part_key(part: str) -> tuple[str | int, ...]:
    # findall ends with an empty pair: the mark that makes "1.0~rc1" sort before "1.0" and "1.0" before
    # "1.0a".
    key: list[str | int] = []
    for text, number in _PARTS.findall(part):
        key += (text.translate(_TEXT_ORDER) + _END, int(number or 0))
    return tuple(key)
