"""Conditions that a comparison must not meet: what is one, and for which images it holds."""

from __future__ import annotations

import pytest

from nautiloid.errors import UsageError
from nautiloid.inspection.comparison import MEASURES, Comparison, Measure
from nautiloid.inspection.conditions import Condition, parse_condition
from nautiloid.inspection.image import inspect_entries

IMAGE = inspect_entries((), "nothing")


def _comparison(key: str, *values: int) -> Comparison:
    return Comparison((IMAGE,) * len(values), (Measure(key, key, "items", values),), ())


def _violations(text: str, *values: int) -> list[int]:
    condition = parse_condition(text)
    return condition.violations(_comparison(condition.key, *values))


@pytest.mark.parametrize("key", MEASURES)
def test_every_measure_can_be_in_a_condition(key: str) -> None:
    assert parse_condition(f"{key}>3") == Condition(f"{key}>3", key, ">", 3.0, percent=False)


@pytest.mark.parametrize(
    ("text", "sign", "value", "percent"),
    [
        ("size>+10%", ">", 10.0, True),
        ("size >= -2.5 %", ">=", -2.5, True),
        ("  size<1000  ", "<", 1000.0, False),
        ("size<=0", "<=", 0.0, False),
    ],
)
def test_spaces_signs_and_fractions_are_allowed(text: str, sign: str, value: float, percent: bool) -> None:
    assert parse_condition(text) == Condition(text, "size", sign, value, percent)


@pytest.mark.parametrize("text", ["", "size", "size>", ">3", "beauty>3", "size=3", "size==3", "size>10MB", "size>1e3",
                                  "size>>3", "size>3%%", "Size>3", "size>3;files>3"])  # fmt: skip
def test_anything_else_is_refused_with_all_measures(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition(text)
    assert repr(text) in caught.value.message
    assert all(key in caught.value.hint for key in MEASURES)


@pytest.mark.parametrize(
    ("text", "holds"), [("files>10", [2]), ("files>=10", [1, 2]), ("files<10", []), ("files<=10", [1])]
)
def test_a_value_is_held_against_every_image_but_the_first(text: str, holds: list[int]) -> None:
    assert _violations(text, 99, 10, 11) == holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [("files>+10%", [2]), ("files>=10%", [1, 2]), ("files<0%", [3]), ("files<=-50%", [3]), ("files<-50%", [])],
)
def test_per_cent_are_of_the_first_image(text: str, holds: list[int]) -> None:
    assert _violations(text, 100, 110, 111, 50) == holds


def test_from_nothing_to_something_is_more_than_any_per_cent() -> None:
    assert _violations("shells>1000000%", 0, 1, 0) == [1]
    assert _violations("shells<0%", 0, 1, 0) == []
    assert _violations("shells>=0%", 0, 0) == [1], "no change is a change of 0 %"


def test_an_image_alone_violates_nothing() -> None:
    assert _violations("files>0", 5) == []
