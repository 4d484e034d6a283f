"""YAML of strangers: plain values, each name once, and no more of them than people write."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.documents.bounded_yaml import loads_yaml

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAUGHS, id="a billion laughs"),
        pytest.param("a: &a [*a]", id="an alias to what it is part of"),
        pytest.param("[" * 101 + "]" * 101, id="101 levels"),
        pytest.param("[" * 100_000, id="100000 levels"),
        pytest.param("".join("  " * n + "a:\n" for n in range(200)), id="200 levels by indentation"),
        pytest.param("a: 1\nb: 2\na: 3", id="a name twice"),
        pytest.param("a: 2026-99-99", id="no day"),
        pytest.param("a: " + "9" * 5000, id="a number of 5000 digits"),
        pytest.param("a: !!python/object/apply:os.system [id]", id="a call"),
        pytest.param("a: *nowhere", id="an alias to nothing"),
        pytest.param("[x" + ", x" * 100_001 + "]", id="too many values"),
        pytest.param("a: [", id="no YAML"),
        pytest.param("{[]: 1}", id="a list as a name"),
    ],
)
def test_what_cannot_be_relied_upon_is_refused_soon(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"."):
        loads_yaml(text)
    assert time.monotonic() - began < 30


def test_what_people_write_is_read() -> None:
    assert loads_yaml("") is None
    assert loads_yaml("a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\n1: x\n'1': y") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 1, "e": 2},
        1: "x",
        "1": "y",
    }


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
)


@given(_VALUES)
def test_it_reads_as_yaml_reads(value: object) -> None:
    text = yaml.safe_dump(value)
    assert loads_yaml(text) == yaml.safe_load(text)


@given(st.text("[]{}&*a:,-\n !?|>'\" "))
def test_anything_at_all_is_a_value_or_an_error(text: str) -> None:
    try:
        loads_yaml(text)
    except ValueError:
        return
