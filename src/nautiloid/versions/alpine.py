"""The order of apk package versions (Alpine, Wolfi, Chainguard).

Source: apk-package(5) and the package specification of apk-tools: ``digits{.digits}{letter}{_suffix{digits}}{~hash}
{-r digits}``. Parts are compared from the left; where one version ends or goes on with another kind of part, a
pre-release suffix is oldest, and otherwise the kinds are ordered: end, revision, hash, number of a suffix, suffix,
letter, digits. A part of digits behind the first dot that begins with zero is compared as text, as Gentoo does.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nautiloid.versions.errors import InvalidVersionError, checked

_SUFFIXES = ("alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p")
_NONE = _SUFFIXES.index("")
_VERSION = re.compile(
    r"(?P<first>\d+)(?P<more>(?:\.\d+)*)(?P<letter>[a-z]?)"
    r"(?P<suffixes>(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~(?P<hash>[0-9a-f]+))?(?:-r(?P<revision>\d+))?",
    re.ASCII,
)
_SUFFIX = re.compile(r"_([a-z]+)(\d*)")

# What kind of part comes next, the oldest first.
_PRE_RELEASE, _END, _REVISION, _HASH, _NUMBER, _POST, _LETTER, _DIGITS = range(8)

Part = tuple[int, int, str]


@lru_cache(maxsize=65536)
def version_key(version: str) -> tuple[Part, ...]:
    """Return a key that sorts as apk compares versions.

    Raises:
        InvalidVersionError: It is not an apk version.
    """
    match = _VERSION.fullmatch(checked(version, "apk"))
    if match is None:
        raise InvalidVersionError(f"{version!r} is not an apk version")
    parts: list[Part] = [(_DIGITS, int(match["first"]), "")]
    for digits in match["more"].split(".")[1:]:
        # A leading zero makes it text; texts with a leading zero sort before all numbers without one.
        parts.append((_DIGITS, -1, digits) if digits.startswith("0") else (_DIGITS, int(digits), ""))
    if match["letter"]:
        parts.append((_LETTER, ord(match["letter"]), ""))
    for name, number in _SUFFIX.findall(match["suffixes"]):
        place = _SUFFIXES.index(name)
        parts.append((_PRE_RELEASE if place < _NONE else _POST, place, ""))
        if number:
            parts.append((_NUMBER, int(number), ""))
    if match["hash"]:
        parts.append((_HASH, 0, match["hash"]))
    if match["revision"]:
        parts.append((_REVISION, int(match["revision"]), ""))
    return (*parts, (_END, 0, ""))
