from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.packages.native_projects import NativeProject
from nautiloid.versions.upstream import version_key
from nautiloid.vulns.native.debian_bounds import Bound, bound_of, read_fix

LINEAR = NativeProject("one", ("example.org/one",), linear=True)
BRANCHED = NativeProject("two", ("example.org/two",))


@pytest.mark.parametrize(
    ("version", "release", "first"),
    [
        ("2.4.5-1", "2.4.5", True),
        ("2.4.8-2", "2.4.8", False),
        ("1:1.2.13.dfsg-1", "1.2.13", True),
        ("1:1.2.11.dfsg-2+deb11u2", "1.2.11", False),
        ("1:1.2.11.dfsg-4.1", "1.2.11", False),
        ("1.2.4-0.2+deb12u1", "1.2.4", False),
        ("3.0.11-1~deb12u1", "3.0.11", True),
        ("3.0.11-1~deb12u2", "3.0.11", False),
        ("7:5.1.6-0+deb12u1", "5.1.6", True),
        ("4.5.1+git230720-1", "4.5.1", False),
        ("5.6.1+really5.4.5-1", "5.4.5", True),
        ("4.4.0~rc1-1", "4.4.0-rc1", True),
        ("1.1.1w-0+deb11u1", "1.1.1w", True),
        ("2.14", "2.14", False),
        ("not-a-version", None, None),
        ("", None, None),
    ],
)
def test_what_a_fixed_version_is_made_of(version: str, release: str | None, first: bool | None) -> None:
    fix = read_fix(version)
    assert (fix and fix.release, fix and fix.first) == (release, first)


@pytest.mark.parametrize(
    ("ours", "fixed", "linear", "branched"),
    [
        ("2.4.4", "2.4.5-1", Bound.MAY_BE_AFFECTED, Bound.MAY_BE_AFFECTED),
        ("2.4.5", "2.4.5-1", Bound.UNDECIDED, Bound.UNDECIDED),
        ("2.4.6", "2.4.5-1", Bound.FIXED, Bound.FIXED),
        ("2.5.0", "2.4.5-1", Bound.FIXED, Bound.UNDECIDED),
        ("1.2.11", "1:1.2.11.dfsg-4", Bound.MAY_BE_AFFECTED, Bound.MAY_BE_AFFECTED),
        ("1.2.10", "1:1.2.11.dfsg-4", Bound.MAY_BE_AFFECTED, Bound.MAY_BE_AFFECTED),
        ("1.2.12", "1:1.2.11.dfsg-4", Bound.UNDECIDED, Bound.UNDECIDED),
        ("4.4.0", "4.4.0~rc1-1", Bound.FIXED, Bound.FIXED),
    ],
)
def test_what_a_fix_bounds(ours: str, fixed: str, linear: Bound, branched: Bound) -> None:
    fix = read_fix(fixed)
    assert fix is not None
    assert bound_of(ours, fix, LINEAR) is linear
    assert bound_of(ours, fix, BRANCHED) is branched


@given(st.lists(st.integers(0, 30), min_size=2, max_size=3), st.sampled_from(["1", "2", "4.1", "1~deb12u2"]))
def test_no_release_up_to_the_fixed_one_is_ever_cleared(numbers: list[int], revision: str) -> None:
    """Only what came after the release that Debian fixed it with can be free of it."""
    fix = read_fix(f"{'.'.join(map(str, numbers))}-{revision}")
    assert fix is not None
    for ours in (fix.release, f"{fix.release}-rc1", "0.0.1"):
        if version_key(ours) <= version_key(fix.release):
            assert bound_of(ours, fix, LINEAR) is not Bound.FIXED


@given(st.text(max_size=30))
def test_any_text_is_a_fix_that_can_be_compared_or_none(text: str) -> None:
    fix = read_fix(text)
    assert fix is None or version_key(fix.release)
