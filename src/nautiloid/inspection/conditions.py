"""Conditions that a comparison must not meet, such as ``executables>3`` or ``size>+10%``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from nautiloid.errors import UsageError
from nautiloid.inspection.comparison import MEASURES, Comparison, Measure

_CONDITION = re.compile(r"(?P<key>[a-z-]+)\s*(?P<sign>[<>]=?)\s*(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?P<percent>%?)")
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le
}  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """A measure, a sign, and a value.

    Attributes:
        text: As it was written.
        key: Of the measure.
        percent: Whether the value is a change from the first image, in per cent.
    """

    text: str
    key: str
    sign: str
    value: float
    percent: bool

    def violations(self, comparison: Comparison) -> list[int]:
        """Return the positions of the images, after the first, for which the condition holds."""
        measure = comparison.measure(self.key)
        places = range(1, len(comparison.images))
        return [place for place in places if _SIGNS[self.sign](self._measured(measure, place), self.value)]

    def _measured(self, measure: Measure, place: int) -> float:
        if not self.percent:
            return measure.values[place]
        changed = measure.change(place)
        # From nothing to something is more than any per cent.
        return float("inf") if changed is None else changed


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        UsageError: It is none.
    """
    match = _CONDITION.fullmatch(text.strip())
    if match is None or match["key"] not in MEASURES:
        raise UsageError(
            f"{text!r} is no condition",
            f"Write a measure, <, <=, > or >=, and a number or a change in %: 'executables>3', 'size>+10%'. "
            f"Measures: {', '.join(MEASURES)}.",
        )
    return Condition(text, match["key"], match["sign"], float(match["value"]), bool(match["percent"]))
