"""The OSV specification's evaluation, with the traps that real records hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL
from packaging.version import Version

from nautiloid.versions import debian
from nautiloid.vulns.ecosystems import Coordinates, coordinates, split_ecosystem, version_order
from nautiloid.vulns.grouping import Groups, same_as, shown_first
from nautiloid.vulns.matching import VersionOrder, evaluate
from nautiloid.vulns.osv import MalformedRecordError, Range, read_advisory
from nautiloid.vulns.releases import end_of_life
from nautiloid.vulns.severity import Severity, rate

PYTHON = version_order("PyPI")
assert PYTHON is not None


def _range(*events: tuple[str, str], kind: str = "ECOSYSTEM") -> Range:
    return Range(kind, events)


def _affected(version: str, *ranges: Range, versions: tuple[str, ...] = ()) -> bool:
    return evaluate(version, ranges, versions, PYTHON).affected


@pytest.mark.parametrize(
    ("version", "affected"), [("0.9", False), ("1.0", True), ("1.5", True), ("2.0rc1", True), ("2.0", False)]
)
def test_a_range_from_introduced_to_fixed(version: str, affected: bool) -> None:
    assert _affected(version, _range(("introduced", "1.0"), ("fixed", "2.0"))) is affected
    # Real records list events in any order.
    assert _affected(version, _range(("fixed", "2.0"), ("introduced", "1.0"))) is affected


def test_zero_lies_below_every_pre_release() -> None:
    assert _affected("0.dev0", _range(("introduced", "0"), ("fixed", "1.0")))
    assert evaluate("0~alpha", (_range(("introduced", "0")),), (), VersionOrder(debian.version_key)).open_range


def test_last_affected_is_affected_and_what_follows_is_not() -> None:
    one = _range(("introduced", "1.0"), ("last_affected", "1.2"))
    assert _affected("1.2", one)
    assert not _affected("1.2.post1", one)
    assert _affected("1.0", _range(("last_affected", "1.0"), ("introduced", "1.0")))
    assert not _affected("1.0", _range(("introduced", "1.0"), ("fixed", "1.0")))


def test_limit_ends_everything_unless_it_is_a_star() -> None:
    assert not _affected("3.0", _range(("introduced", "0"), ("limit", "2.0")))
    assert _affected("1.0", _range(("introduced", "0"), ("limit", "2.0")))
    assert _affected("3.0", _range(("introduced", "0"), ("limit", "*")))


def test_a_git_range_is_passed_over_and_the_next_one_counts() -> None:
    git = _range(("introduced", "0"), ("fixed", "abc123"), kind="GIT")
    verdict = evaluate("1.0", (git, _range(("introduced", "0"), ("fixed", "2.0"))), (), PYTHON)
    assert (verdict.affected, verdict.fixed, verdict.doubts) == (True, "2.0", ())
    assert not _affected("1.0", git)


def test_one_bad_event_does_not_kill_the_record() -> None:
    verdict = evaluate(
        "1.0", (_range(("introduced", "0"), ("fixed", "2.6.0-NA")), _range(("introduced", "0"), ("fixed", "3"))), (),
        PYTHON,
    )  # fmt: skip
    assert (verdict.affected, verdict.fixed, verdict.doubts) == (True, "3", ())


@pytest.mark.parametrize(
    ("version", "event", "doubt"),
    [
        ("2.13.0", ("last_affected", "2.6.0-NA"), "'2.6.0-NA', which is no version; read as 2.6.0, it does not hold"),
        ("2.13.0", ("fixed", "2.6.0-cu124"), "read as 2.6.0, it does not hold 2.13.0"),
        ("2.5.0", ("last_affected", "2.6.0-NA"), "read as 2.6.0, it holds 2.5.0"),
        ("2.13.0", ("fixed", "the next one"), "'the next one', which is no version"),
        ("2.13.0", ("limit", "2.6.0-NA"), "read as 2.6.0, it does not hold"),
    ],
)
def test_an_end_that_cannot_be_read_leaves_doubt_and_no_silence(
    version: str, event: tuple[str, str], doubt: str
) -> None:
    verdict = evaluate(version, (_range(("introduced", "0"), event),), (), PYTHON)
    assert (verdict.affected, verdict.open_range, verdict.fixed) == (True, False, "")
    assert doubt in verdict.doubts[0]


def test_a_beginning_that_cannot_be_read_is_the_very_first_version() -> None:
    unread = _range(("introduced", "2.0-NA"), ("fixed", "3.0"))
    verdict = evaluate("1.0", (unread,), (), PYTHON)
    assert (verdict.affected, len(verdict.doubts)) == (True, 1)
    assert evaluate("2.5", (unread,), (), PYTHON).fixed == "3.0"
    # No reading of it holds what lies behind its end.
    assert not evaluate("3.0", (unread,), (), PYTHON).affected


def test_what_can_be_read_leaves_no_doubt() -> None:
    unread = _range(("introduced", "0"), ("last_affected", "2.6.0-NA"))
    assert evaluate("2.13.0", (unread,), ("2.13.0",), PYTHON).doubts == ()
    assert evaluate("2.13.0", (unread, _range(("introduced", "2.0"))), (), PYTHON).open_range


@pytest.mark.parametrize(
    ("version", "event", "affected"),
    [
        ("2.10.0+cu128", ("last_affected", "2.10.0"), True),
        ("2.10.0+cu128", ("fixed", "2.10.0"), False),
        ("2.10.0+cu128", ("fixed", "2.10.1"), True),
        ("2.6.0+xpu", ("last_affected", "2.6.0+cu124"), True),
        ("2.11.0", ("fixed", "2.11.0+patch1"), True),
        ("2.11.0+patch1", ("fixed", "2.11.0+patch1"), False),
        ("2.10.1+cu128", ("last_affected", "2.10.0"), False),
    ],
)
def test_the_label_of_a_build_does_not_hide_it(version: str, event: tuple[str, str], affected: bool) -> None:
    assert _affected(version, _range(("introduced", "0"), event)) is affected


def test_every_build_of_a_listed_version_is_listed() -> None:
    assert _affected("2.10.0+cu128", versions=("2.10.0",))
    assert not _affected("2.10.1+cu128", versions=("2.10.0",))


def test_listed_versions_are_compared_as_versions() -> None:
    assert _affected("1.0.0", versions=("1.0",))
    assert _affected("2.0+cpu", versions=("nonsense", "2.0+cpu"))
    assert not _affected("1.1", versions=("1.0", "nonsense"))


def test_the_nearest_fix_of_the_range_that_holds_the_version_is_named() -> None:
    many = _range(("introduced", "1"), ("fixed", "1.5"), ("introduced", "2"), ("fixed", "2.5"))
    assert evaluate("1.2", (many,), (), PYTHON).fixed == "1.5"
    assert evaluate("2.2", (many,), (), PYTHON).fixed == "2.5"
    assert not evaluate("1.7", (many,), (), PYTHON).affected


_numbers = st.integers(0, 9).map(str)


@given(st.lists(st.tuples(_numbers, _numbers), max_size=4), _numbers, st.randoms())
def test_any_order_of_events_means_the_same_as_intervals(
    pairs: list[tuple[str, str]], version: str, random: Any
) -> None:
    ranges = []
    for begin, end in map(sorted, pairs):
        events = [("introduced", begin), ("fixed", end)]
        random.shuffle(events)
        ranges.append(_range(*events))
    expected = any(Version(begin) <= Version(version) < Version(end) for begin, end in map(sorted, pairs))
    assert _affected(version, *ranges) is expected


@pytest.mark.parametrize(
    ("text", "split"),
    [("Debian:12", ("Debian", "12")), ("Ubuntu:22.04:LTS", ("Ubuntu", "22.04")), ("Alpine:v3.18", ("Alpine", "3.18")),
     ("Red Hat:enterprise_linux:9::baseos", ("Red Hat", "9")), ("PyPI", ("PyPI", "")),
     ("Ubuntu:Pro:18.04:LTS", ("Ubuntu", "Pro:18.04"))],
)  # fmt: skip
def test_ecosystems_are_split(text: str, split: tuple[str, str]) -> None:
    assert split_ecosystem(text) == split


@pytest.mark.parametrize(
    ("purl", "place"),
    [
        ("pkg:deb/debian/libssl3@3.0.1-1?distro=debian-12&upstream=openssl%403.0.1-1~x", ("Debian", "12", "openssl",
                                                                                       "3.0.1-1~x")),
        ("pkg:deb/debian/tzdata@2024a-1?distro=debian-12.5", ("Debian", "12", "tzdata", "2024a-1")),
        ("pkg:deb/debian/tzdata@2024a-1?distro=bookworm", ("Debian", "12", "tzdata", "2024a-1")),
        ("pkg:deb/ubuntu/zlib1g@1.2?distro=ubuntu-22.04&upstream=zlib", ("Ubuntu", "22.04", "zlib", "1.2")),
        ("pkg:apk/alpine/ssl_client@1.36-r2?distro=alpine-3.18.4&upstream=busybox", ("Alpine", "3.18", "busybox",
                                                                                  "1.36-r2")),
        ("pkg:apk/wolfi/openssl@3.1-r0?distro=wolfi-20230201", ("Wolfi", "", "openssl", "3.1-r0")),
        ("pkg:rpm/almalinux/libgomp@8.5.0-20.el8?arch=x86_64", ("AlmaLinux", "8", "libgomp", "8.5.0-20.el8")),
        ("pkg:rpm/almalinux/bind@9-1.el9?epoch=32&distro=almalinux-9.3", ("AlmaLinux", "9", "bind", "32:9-1.el9")),
        ("pkg:rpm/rocky/python38-babel@2.7-1.el8?distro=rocky-8&upstream=babel-2.7-1.el8.src.rpm", ("Rocky Linux", "8",
                                                                                                 "babel", "2.7-1.el8")),
        ("pkg:pypi/Foo.Bar@1.0", ("PyPI", "", "foo-bar", "1.0")),
        ("pkg:npm/%40scope/name@1.0.0", ("npm", "", "@scope/name", "1.0.0")),
        ("pkg:golang/golang.org/x/net@v0.1.0", ("Go", "", "golang.org/x/net", "v0.1.0")),
        ("pkg:maven/org.apache/commons@1.0", ("Maven", "", "org.apache:commons", "1.0")),
        ("pkg:generic/freetype2@2.14.3", ("upstream", "", "freetype", "2.14.3")),
        ("pkg:generic/zlib@2.3.3%2Bcu128", ("upstream", "", "zlib-ng", "2.3.3")),
    ],
)  # fmt: skip
def test_where_advisories_about_a_package_are(purl: str, place: tuple[str, ...]) -> None:
    assert coordinates(PackageURL.from_string(purl)) == Coordinates(*place)


def test_nobody_covers_what_has_no_ecosystem() -> None:
    assert coordinates(PackageURL.from_string("pkg:generic/firmware@1.2.11")) is None
    assert coordinates(PackageURL.from_string("pkg:deb/unheardof/x@1")) is None


def test_severity_is_never_low_for_want_of_knowledge() -> None:
    assert rate([], []).severity is Severity.UNKNOWN
    assert rate(["no vector"], ["not yet assigned"]).severity is Severity.UNKNOWN
    assert rate([], ["Moderate"]).severity is Severity.MEDIUM
    assert rate(["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"], ["low"]).score == 9.8
    v4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
    assert rate([v4], []).severity is Severity.CRITICAL
    # v2 decides only where nothing newer does.
    assert rate(["AV:N/AC:L/Au:N/C:C/I:C/A:C"], []).severity is Severity.HIGH
    assert rate(["AV:N/AC:L/Au:N/C:C/I:C/A:C", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"], []).score == 1.8


def test_ids_of_one_vulnerability_are_one_group() -> None:
    groups = Groups()
    for names in (["PYSEC-1", "CVE-2024-1"], ["GHSA-a", "CVE-2024-1"], ["GHSA-b"]):
        groups.join(names)
    assert sorted(groups.members().values()) == [("CVE-2024-1", "GHSA-a", "PYSEC-1"), ("GHSA-b",)]
    assert shown_first(["PYSEC-1", "GHSA-a", "CVE-2024-1"]) == "CVE-2024-1"


def test_an_erratum_about_several_vulnerabilities_joins_none_of_them() -> None:
    assert same_as("DSA-1", (), ("CVE-2024-1", "CVE-2024-2", "DEBIAN-CVE-2024-1")) == [
        ("CVE-2024-1", "DEBIAN-CVE-2024-1"), ("CVE-2024-2",)]  # fmt: skip
    assert same_as("DEBIAN-CVE-2024-1", (), ("CVE-2024-1",)) == [("DEBIAN-CVE-2024-1", "CVE-2024-1")]


def test_the_end_of_a_release_is_known() -> None:
    assert end_of_life("Debian", "10") == "2024-06-30"
    assert end_of_life("Debian", "6.0") == "long ago"
    assert end_of_life("Alpine", "3.4") == "long ago"
    assert end_of_life("Debian", "99") == ""


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["affected", "ranges", "events", "package", "severity", "references", "score",
                                         "introduced", "aliases", "upstream", "versions", "database_specific"]),
                        inner, max_size=4), max_leaves=20))  # fmt: skip
def test_no_record_breaks_the_reader(value: Any) -> None:
    import json

    data = value if isinstance(value, dict) else {"affected": value}
    assert read_advisory(json.dumps({**data, "id": "X-1"}).encode()).identity == "X-1"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"id": 5}', b"\xff", b"[" * 100_000])
def test_what_is_no_record_is_said(content: bytes) -> None:
    with pytest.raises(MalformedRecordError):
        read_advisory(content)
