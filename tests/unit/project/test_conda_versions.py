"""conda's version constraints, in the index's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from nautiloid.project.conda_environment import pip_versions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("=1.26", "==1.26.*"),
        ("==1.26.4", "==1.26.4"),
        ("=1.26.4=py311h_0", "==1.26.4.*"),
        ("==2.1.0=cpu_py311_0", "==2.1.0"),
        (" 1.26.*", "==1.26.*"),
        (" >=3.9, <3.12", "<3.12,>=3.9"),
        (">=1.2.*", ">=1.2"),
        ("!=1.2.*", "!=1.2.*"),
        ("1.26|1.27", None),
    ],
)
def test_versions(text: str, expected: str | None) -> None:
    assert pip_versions(text) == expected


@given(st.text(alphabet="0123456789.*=<>!~,| abc_", max_size=20))
def test_whatever_stands_there_the_answer_is_valid_or_none(text: str) -> None:
    found = pip_versions(text)
    if found is not None:
        SpecifierSet(found)
