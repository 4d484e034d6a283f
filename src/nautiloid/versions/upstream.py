"""The order of releases of C and C++ projects, and the releases that their tags name.

There is no standard. What projects do: numbers, at the end letters (``1.1.1w``, then ``1.1.1za``), words for what comes
before a release (``rc1``, ``beta2``, ``pre3``). Tags write the same with ``_`` or ``-`` between the numbers, behind the
project's name or a word: ``v1.6.0``, ``R_2_6_3``, ``VER-2-13-3``, ``openssl-3.0.1``, ``OpenSSL_1_1_1w``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from nautiloid import bounds
from nautiloid.versions.errors import InvalidVersionError, checked

VersionKey = tuple[tuple[int, ...], int, tuple[int, int], tuple[int, str]]

_PHASES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "pre": 3, "rc": 4}
_RELEASED = 9
_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]{1,9}(?:[._-][0-9]{1,9}){0,7})"
    r"(?:[-_.~]?(?P<phase>dev|alpha|beta|pre|rc|[ab](?=[0-9]))[-_.]?(?P<count>[0-9]{0,9})"
    r"|(?P<letters>[a-z]{1,2}))?"
    r"(?:[-_.](?:signed|master|final|release|rel|stable|ga))*",
    re.ASCII,
)
_WORDS = re.compile(r"(?:refs/tags/)?(?:version|release|ver|rel|tag|stable|r|v|n)?[-_./ ]*(?=v?[0-9])", re.ASCII)


@lru_cache(maxsize=65536)
def version_key(version: str) -> VersionKey:
    """Return a key that sorts releases; ``1.6`` and ``1.6.0`` are the same one.

    Raises:
        InvalidVersionError: It is no release's number.
    """
    text = checked(version, "upstream").lower()
    match = _VERSION.fullmatch(text)
    if match is None:
        raise InvalidVersionError(f"{version!r} is not the number of a release")
    numbers = [int(number) for number in re.split(r"[._-]", match["numbers"])]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    phase = (_PHASES[match["phase"]], int(match["count"] or 0)) if match["phase"] else (_RELEASED, 0)
    letters = match["letters"] or ""
    return tuple(numbers), int(phase[0] == _RELEASED), phase, (len(letters), letters)


def branch(version: str) -> tuple[int, ...]:
    """Return the numbers that the releases of one line of work share: ``(3, 0)`` of 3.0.7, ``(1, 3)`` of 1.3.

    Raises:
        InvalidVersionError: It is no release's number.
    """
    numbers = version_key(version)[0]
    return (*numbers, 0, 0)[: max(len(numbers) - 1, 2)]


@lru_cache(maxsize=65536)
def release_of(tag: str, names: tuple[str, ...]) -> str | None:
    """Return the release that a tag names, as its numbers with dots; None for a tag that names none.

    Args:
        tag: As the repository has it.
        names: What the project is called, the longest first.
    """
    if len(tag) > bounds.VERSION:
        return None
    text = tag.strip().lower().removeprefix("refs/tags/")
    for name in names:
        rest = text.removeprefix(name)
        # In "lcms2.16" the name is "lcms": what follows a name is a sign between the two, or the first number.
        if rest != text and rest[:1] not in ("", ".") and _is_release(rest):
            return _spelled(rest)
    return _spelled(text) if _is_release(text) else None


def _without_words(text: str) -> str:
    match = _WORDS.match(text.lstrip("-_./ "))
    return text.lstrip("-_./ ")[match.end() :] if match else text


def _is_release(text: str) -> bool:
    try:
        version_key(_without_words(text))
    except InvalidVersionError:
        return False
    return True


def _spelled(text: str) -> str:
    match = _VERSION.fullmatch(_without_words(text))
    if match is None:
        return text
    numbers = re.sub(r"[_-]", ".", match["numbers"])
    phase = f"-{match['phase']}{match['count']}" if match["phase"] else ""
    return f"{numbers}{match['letters'] or ''}{phase}"
