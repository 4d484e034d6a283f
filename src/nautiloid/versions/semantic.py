"""The order of semantic versions (npm, Go, crates.io).

Source: semver.org 2.0.0, section 11. A leading ``v`` (Go) is dropped, missing minor and patch numbers are zero (Go's
standard library, ``1.22``), and build metadata does not count.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nautiloid.versions.errors import InvalidVersionError, checked

_VERSION = re.compile(
    r"v?(?P<numbers>\d+(?:\.\d+){0,2})(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?", re.ASCII
)
_GO = re.compile(r"(?:go)?(?P<numbers>\d+(?:\.\d+)*)(?P<pre>(?:rc|beta)\d+)", re.ASCII)

Identifier = tuple[int, int, str]
VersionKey = tuple[tuple[int, ...], int, tuple[Identifier, ...]]


@lru_cache(maxsize=65536)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts by semantic precedence.

    Raises:
        InvalidVersionError: It is not a semantic version.
    """
    text = checked(version, "semantic")
    match = _VERSION.fullmatch(text.removeprefix("go")) or _GO.fullmatch(text)
    if match is None:
        raise InvalidVersionError(f"{version!r} is not a semantic version")
    numbers = tuple(int(number) for number in match["numbers"].split("."))
    pre = match["pre"]
    identifiers = tuple(_identifier(part) for part in pre.split(".")) if pre else ()
    return (*numbers, 0, 0)[:3], 0 if pre else 1, identifiers


def _identifier(text: str) -> Identifier:
    """Numbers sort by value and before text."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
