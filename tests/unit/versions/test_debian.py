from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.errors import NautiloidError
from nautiloid.versions.debian import InvalidVersionError, compare_versions, satisfies, version_key

PIECES = st.sampled_from(["0", "00", "1", "9", "10", "a", "B", "z", "~", "~~", "+", ".", "-", "rc", "deb12u1", "+b1"])
UPSTREAM = st.builds(lambda head, tail: head + "".join(tail), st.sampled_from("0129"), st.lists(PIECES, max_size=6))
VERSIONS = st.builds(
    lambda epoch, upstream, revision: epoch + upstream.rstrip("-") + revision,
    st.sampled_from(["", "0:", "1:", "10:"]),
    UPSTREAM,
    st.sampled_from(["", "-0", "-1", "-1~bpo1", "-0+deb12u1"]),
)

ASCENDING = [
    "0~~",
    "0~~a",
    "0~",
    "0",
    "0a",
    "0+",
    "1.0~rc1-1",
    "1.0-0~",
    "1.0",
    "1.0-0+b1",
    "1.0-1~bpo12+1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb12u1",
    "1.0-1.1",
    "1.0-10",
    "1.0a-1",
    "1.0+dfsg-1",
    "1.0.1",
    "1.10",
    "2.36-9+deb12u7",
    "2.36-9+deb12u14",
    "1:0.1",
]


def test_a_known_order() -> None:
    for index, older in enumerate(ASCENDING):
        for newer in ASCENDING[index + 1 :]:
            assert compare_versions(older, newer) == -1, (older, newer)
            assert compare_versions(newer, older) == 1, (older, newer)


@pytest.mark.parametrize(
    ("left", "right"), [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.0", "1.00"), ("1.", "1.0"), ("1.0-a", "1.0-a0")]
)
def test_spellings_of_the_same_version(left: str, right: str) -> None:
    assert compare_versions(left, right) == 0


@pytest.mark.parametrize("text", ["", "1:", "a:1", "1_2", "1.0-", ":1", "1 2", "1.0\n", "é1", "1:2:3-"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersionError):
        version_key(text)


@given(VERSIONS, VERSIONS, VERSIONS)
def test_it_is_an_order(a: str, b: str, c: str) -> None:
    assert compare_versions(a, b) == -compare_versions(b, a)
    if compare_versions(a, b) <= 0 and compare_versions(b, c) <= 0:
        assert compare_versions(a, c) <= 0


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not on this machine")
@settings(max_examples=150, deadline=None)
@given(VERSIONS, VERSIONS)
def test_dpkg_agrees(a: str, b: str) -> None:
    older = subprocess.run(["dpkg", "--compare-versions", a, "lt", b], check=False).returncode == 0
    same = subprocess.run(["dpkg", "--compare-versions", a, "eq", b], check=False).returncode == 0
    assert compare_versions(a, b) == (0 if same else -1 if older else 1)


@pytest.mark.parametrize(
    ("operator", "holds"),
    [("<<", (True, False, False)), ("<=", (True, True, False)), ("=", (False, True, False)),
     (">=", (False, True, True)), (">>", (False, False, True)), ("<", (True, True, False)), (">", (False, True, True))],
)  # fmt: skip
def test_relations(operator: str, holds: tuple[bool, bool, bool]) -> None:
    assert tuple(satisfies(version, operator, "2") for version in ("1", "2", "3")) == holds


def test_an_unknown_relation_is_refused() -> None:
    with pytest.raises(NautiloidError):
        satisfies("1", "~=", "1")
