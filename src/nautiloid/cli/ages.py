"""How a user writes a length of time."""

from __future__ import annotations

import re
from datetime import timedelta

from nautiloid.errors import UsageError

_AGE = re.compile(r"(\d{1,5})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def parse_age(text: str) -> timedelta:
    """Read ``12h``, ``7d`` or ``2w``; ``0d`` is none at all.

    Raises:
        UsageError: It is something else.
    """
    parsed = _AGE.fullmatch(text.strip())
    if parsed is None:
        raise UsageError(f"{text!r} is no age", "Write a number and h, d or w: 12h, 7d, 2w.")
    return timedelta(hours=int(parsed[1]) * _HOURS[parsed[2]])
