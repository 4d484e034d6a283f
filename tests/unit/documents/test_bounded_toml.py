"""TOML of strangers."""

from __future__ import annotations

import pytest

from nautiloid.documents.bounded_toml import loads_toml


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "[" * 200 + "]" * 200, ".".join("a" * 200) + " = 1", "a ="]
)
def test_what_is_too_deep_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads_toml(text)


def test_what_is_plain_is_read() -> None:
    assert loads_toml("[a]\nb = [1, {c = 'd'}]") == {"a": {"b": [1, {"c": "d"}]}}
