"""Files of NumPy arrays: several may stand one behind the other, and arrays of objects are pickles."""

from __future__ import annotations

from collections.abc import Callable

from nautiloid.models.formats.numpy_array import MAGIC, after_header, after_numbers
from nautiloid.models.limits import Budget
from nautiloid.models.pickles.streams import PickleFacts, read_pickles
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, suspicious


def read_array(content: Span, budget: Budget, judge_pickles: Callable[[PickleFacts], Judgement]) -> Judgement:
    """Judge a ``.npy`` file.

    Raises:
        ValueError: It is none.
        TooMuchError: It is too large.
    """
    at = 0
    while content.read(at, len(MAGIC)) == MAGIC:
        budget.member()
        array = content.part(at)
        try:
            after = after_numbers(array)
        except ValueError as error:
            found = _objects(content.part(at + 6), budget, judge_pickles)
            broken = suspicious(f"is broken: {error}")
            return Judgement.of(
                "NumPy array", [broken, *(found.reasons if found else ())], found.imports if found else ()
            )
        if after is None:
            found = _objects(array.part(after_header(array)), budget, judge_pickles)
            if found is None:
                return Judgement.of("NumPy array of objects", [suspicious("says that it holds objects and has none")])
            return Judgement.of("NumPy array of objects", found.reasons, found.imports)
        at += after
    if at < len(content):
        found = _objects(content.part(at), budget, judge_pickles)
        told = found.reasons if found else ()
        return Judgement.of(
            "NumPy array", [suspicious("bytes follow its numbers"), *told], found.imports if found else ()
        )
    return Judgement.of("NumPy array")


def _objects(rest: Span, budget: Budget, judge_pickles: Callable[[PickleFacts], Judgement]) -> Judgement | None:
    facts = read_pickles(rest, budget, named=len(rest) > 0)
    return None if facts is None else judge_pickles(facts)
