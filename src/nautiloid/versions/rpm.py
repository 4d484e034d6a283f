"""The order of rpm package versions (AlmaLinux, Rocky Linux, Red Hat).

Source: rpm-version(7) and rpm's documentation of ``rpmvercmp``: ``[epoch:]version[-release]``; each of them is cut into
runs of digits and of letters, everything else only separates; ``~`` sorts before the end, ``^`` right behind it,
letters before digits.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nautiloid.versions.errors import InvalidVersionError, checked

_EVR = re.compile(r"(?:(?P<epoch>\d+):)?(?P<version>[^:-]+)(?:-(?P<release>[^:-]+))?", re.ASCII)
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]", re.ASCII)

_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)

Segment = tuple[int, int, str]
VersionKey = tuple[int, tuple[Segment, ...], tuple[Segment, ...]]


@lru_cache(maxsize=65536)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts as rpm compares epoch, version and release.

    Raises:
        InvalidVersionError: It is not an rpm version.
    """
    match = _EVR.fullmatch(checked(version, "rpm"))
    if match is None:
        raise InvalidVersionError(f"{version!r} is not an rpm version")
    return int(match["epoch"] or 0), _segments(match["version"]), _segments(match["release"] or "")


def _segments(text: str) -> tuple[Segment, ...]:
    return (*(_segment(found) for found in _SEGMENT.findall(text)), (_END, 0, ""))


def _segment(text: str) -> Segment:
    if text == "~":
        return _TILDE, 0, ""
    if text == "^":
        return _CARET, 0, ""
    return (_DIGITS, int(text), "") if text.isdigit() else (_LETTERS, 0, text)
