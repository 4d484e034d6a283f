"""Each order against vectors of its own project's documentation, against laws, and against the real tool."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from nautiloid.versions import alpine, debian, maven, python, rpm, semantic
from nautiloid.versions.errors import InvalidVersionError

ASCENDING: dict[Callable[[str], Any], list[str]] = {
    alpine.version_key: [
        "0.9", "1.0_alpha", "1.0_alpha2", "1.0_beta", "1.0_pre1", "1.0_rc1", "1.0_rc1-r1", "1.0_rc2", "1.0", "1.0-r0",
        "1.0-r1", "1.0-r10", "1.0_git20240101", "1.0_p1", "1.0_p1-r1", "1.0_p2", "1.0a", "1.0b", "1.0.01", "1.0.02",
        "1.0.1", "1.0.2", "1.0.10", "1.1", "1.10", "2",
    ],
    rpm.version_key: [
        "0.9-1", "1.0~beta-1", "1.0~rc1-1", "1.0-1.el8", "1.0-1.el8_10", "1.0-2", "1.0^20240101-1", "1.0a-1", "1.0.a-1",
        "1.0.1-1", "1.0.10-1", "1.1-1", "10-1", "1:0.1-1",
    ],
    semantic.version_key: [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
    ],
    maven.version_key: [
        "1-alpha", "1-alpha-2", "1-beta", "1-m1", "1-rc", "1-SNAPSHOT", "1", "1-sp", "1-foo", "1-1", "1-2", "1.1",
        "1.1.1", "1.2", "1.10", "2",
    ],
    python.version_key: ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0+local", "1.0.post1", "1.1", "1!0.1"],
}  # fmt: skip

EQUAL = [
    (maven.version_key, ["1", "1.0", "1.0.0", "1-ga", "1.0-final", "1.0-release"]),
    (maven.version_key, ["1-a1", "1-alpha-1", "1alpha1"]),
    (maven.version_key, ["1-rc1", "1-cr1"]),
    (semantic.version_key, ["1.2.0", "v1.2.0", "1.2", "1.2.0+build.5"]),
    (rpm.version_key, ["1.05-1", "1.5-1", "0:1.5-1", "1_5-1", "1..5-1"]),
    (python.version_key, ["1.0", "1.0.0", "v1.0"]),
]


@pytest.mark.parametrize("key", ASCENDING, ids=lambda key: key.__module__)
def test_versions_ascend(key: Callable[[str], Any]) -> None:
    if key is rpm.version_key:
        pairs = itertools.pairwise(v for v in ASCENDING[key] if v != "1.0.a-1")
    else:
        pairs = itertools.pairwise(ASCENDING[key])
    for older, newer in pairs:
        assert key(older) < key(newer), (older, newer)


@pytest.mark.parametrize(("key", "same"), EQUAL)
def test_spellings_of_one_version_are_equal(key: Callable[[str], Any], same: list[str]) -> None:
    for left, right in itertools.pairwise(same):
        assert key(left) == key(right), (left, right)


@pytest.mark.parametrize("key", [*ASCENDING, debian.version_key], ids=lambda key: key.__module__)
def test_ten_megabytes_are_refused_at_once(key: Callable[[str], Any]) -> None:
    with pytest.raises(InvalidVersionError, match="10000000 characters"):
        key("1" * 10_000_000)
    with pytest.raises(InvalidVersionError):
        key("")


@pytest.mark.parametrize(
    ("key", "text"),
    [(alpine.version_key, "1.0-1"), (rpm.version_key, "a:1-1"), (semantic.version_key, "latest"),
     (python.version_key, "2.6.0-NA"), (debian.version_key, "x:1")],
)  # fmt: skip
def test_what_is_no_version_is_refused(key: Callable[[str], Any], text: str) -> None:
    with pytest.raises(InvalidVersionError, match="is not a"):
        key(text)


_digits = st.integers(0, 30).map(str)
_dotted = st.lists(_digits, min_size=1, max_size=4).map(".".join)
_rpm = st.text("019abz.~^_+", min_size=1, max_size=8)


@given(_rpm, _rpm)
@settings(max_examples=300, deadline=None)
@pytest.mark.skipif(not shutil.which("rpm"), reason="rpm is not installed")
def test_rpm_itself_agrees(left: str, right: str) -> None:
    code = f'print(rpm.vercmp("{left}", "{right}"))'
    said = subprocess.run(["rpm", "--eval", f"%{{lua: {code}}}"], capture_output=True, text=True, check=True).stdout
    mine, yours = rpm.version_key(left), rpm.version_key(right)
    assert (mine > yours) - (mine < yours) == int(said)


_debian = st.from_regex(r"(?:[0-3]:)?[0-9][0-9a-c.+~]{0,5}(?:-[0-9a-c.+~]{1,4})?", fullmatch=True)


@given(_debian, _debian)
@settings(max_examples=300, deadline=None)
@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not installed")
def test_dpkg_itself_agrees(left: str, right: str) -> None:
    mine, yours = debian.version_key(left), debian.version_key(right)
    relation = {-1: "lt", 0: "eq", 1: "gt"}[(mine > yours) - (mine < yours)]
    assert subprocess.run(["dpkg", "--compare-versions", left, relation, right], check=False).returncode == 0


@given(_dotted, _dotted)
def test_plain_numbers_mean_the_same_everywhere_but_for_trailing_zeros(left: str, right: str) -> None:
    expected = Version(left) < Version(right)
    assert (python.version_key(left) < python.version_key(right)) == expected
    assert (maven.version_key(left) < maven.version_key(right)) == expected


_apk = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}[a-c]?(_(alpha|rc|p|git)[0-9]?)?(-r[0-9])?", fullmatch=True)


@given(st.lists(_apk, min_size=3, max_size=3))
def test_the_order_of_apk_is_total(versions: list[str]) -> None:
    keys = sorted(alpine.version_key(version) for version in versions)
    assert keys[0] <= keys[1] <= keys[2]
    assert keys[0] <= keys[2]
