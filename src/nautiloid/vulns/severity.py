"""How grave a vulnerability is: CVSS of every version, and what vendors say in words.

CVSS is computed by Red Hat's ``cvss`` library (LGPL-3.0-or-later). It is used unchanged, as a package of its own that
anyone can replace, which that licence allows to works under any licence; version 4 alone is a table of 270 entries that
nobody should copy by hand. Source of the ratings: first.org, CVSS v3.1 section 5 and v4.0 section 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError


class Severity(IntEnum):
    """How grave, the gravest greatest. What nobody has rated is unknown, never low."""

    NONE = 0
    UNKNOWN = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        """How reports spell it."""
        return self.name.lower()


UNIMPORTANT = "unimportant"

_WORDS = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "important": Severity.HIGH, "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM, "low": Severity.LOW, "minor": Severity.LOW, "negligible": Severity.LOW,
    UNIMPORTANT: Severity.LOW, "none": Severity.NONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rating:
    """A severity and where it comes from.

    Attributes:
        score: CVSS base score, 0 to 10; None where only a word is known, or nothing.
        vector: The CVSS vector that decided; empty for none.
        source: ``CVSS``, ``vendor`` or empty.
    """

    severity: Severity = Severity.UNKNOWN
    score: float | None = None
    vector: str = ""
    source: str = ""


def rate(vectors: Iterable[str], words: Iterable[str]) -> Rating:
    """Rate a vulnerability by all that is known of it.

    The highest score of CVSS v3 and v4 decides; v2 only where there is no newer one; a vendor's word only where there
    is no vector that can be read.
    """
    rated = [rating for vector in dict.fromkeys(vectors) if (rating := _of_vector(vector.strip())) is not None]
    newer = [rating for rating in rated if rating.vector.startswith("CVSS:")]
    if newer or rated:
        return max(newer or rated, key=lambda rating: (rating.score or 0.0, rating.vector))
    known = [_WORDS[word] for text in words if (word := text.strip().rstrip("*").lower()) in _WORDS]
    return Rating(max(known), source="vendor") if known else Rating()


@lru_cache(maxsize=4096)
def _of_vector(vector: str) -> Rating | None:
    try:
        if vector.startswith("CVSS:4"):
            score = float(CVSS4(vector).base_score)
        elif vector.startswith("CVSS:3"):
            score = float(CVSS3(vector).base_score)
        else:
            score = float(CVSS2(vector).base_score)
            return Rating(_band(score, critical=False), score, vector, "CVSS")
    except (CVSSError, ValueError, KeyError, TypeError, ArithmeticError):
        return None
    return Rating(_band(score, critical=True), score, vector, "CVSS")


def _band(score: float, *, critical: bool) -> Severity:
    if score <= 0:
        return Severity.NONE
    if critical and score >= 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4.0 else Severity.LOW
