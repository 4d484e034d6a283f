"""From exports on a server to findings about libraries inside of wheels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nautiloid.packages.kind import Coordinates
from nautiloid.vulns.database.exports import Exports
from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.update import Lists, update_database
from nautiloid.vulns.ignoring import Ignored, apply_ignored
from nautiloid.vulns.model import NO_PROJECT, NO_VERSION, LibraryCheck, ScannedComponent, ScanResult, State, Subject
from nautiloid.vulns.scan import scan

from ..exports_server import ExportsServer
from .upstream_records import GIT_RECORDS, OSS_FUZZ_RECORDS, ZLIB, debian_record, git_record

WHEEL = "pkg:pypi/pillow@13.0.0"


def library(name: str, version: str = "") -> ScannedComponent:
    return ScannedComponent(name, version, f"pkg:generic/{name}@{version}" if version else f"pkg:generic/{name}", WHEEL)


def scanned(database: Path, *parts: ScannedComponent) -> ScanResult:
    with open_database(database) as opened:
        return scan(Subject("app", parts), opened)


def held(tmp_path: Path, **sources: Sequence[dict[str, Any]]) -> Path:
    """Return a database of these records, by source."""
    database = tmp_path / "db"
    for name, records in sources.items():
        for number, one in enumerate(records):
            (tmp_path / "record.json").write_text(json.dumps(one))
            import_file(database, tmp_path / "record.json", f"{name}-{number}")
    return database


def found(result: ScanResult) -> dict[str, State]:
    return {finding.identity: finding.state for finding in result.findings}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that was fetched from a server with upstream's exports."""
    place = tmp_path_factory.mktemp("upstream")
    (place / "bucket").mkdir()
    server = ExportsServer(place / "bucket")
    unknown = git_record("CVE-2020-1", "https://github.com/somebody/else", ["v1"])
    try:
        server.publish("GIT", [*GIT_RECORDS, unknown])
        server.publish("OSS-Fuzz", OSS_FUZZ_RECORDS)
        exports = Exports(server.url, pause=0.01)
        update_database(place / "db", ("GIT", "OSS-Fuzz"), exports, Lists("", ""))
        exports.close()
    finally:
        server.close()
    assert "/GIT/all.zip" in server.asked
    assert "/OSS-Fuzz/all.zip" in server.asked
    return place / "db"


@pytest.mark.parametrize(
    ("name", "version", "identities"),
    [
        ("zlib", "1.2.11", {"CVE-2018-25032", "CVE-2022-37434"}),
        ("zlib", "1.2.12", {"CVE-2022-37434"}),
        ("zlib", "1.2.13", set()),
        ("zlib", "1.3.1", set()),
        ("zlib", "2.3.3", set()),  # is zlib-ng
        ("libwebp", "1.3.1", {"CVE-2023-4863"}),
        ("libwebp", "1.3.2", set()),
        ("libwebp", "0.4.3", set()),
        ("libpng", "1.6.35", {"CVE-2019-7317"}),
        ("libpng", "1.6.37", set()),
        ("openssl", "3.0.1", {"CVE-2022-3602"}),
        ("openssl", "3.0.7", set()),
        ("openssl", "1.1.1w", set()),
        ("curl", "8.3.0", {"CVE-2023-38545"}),
        ("curl", "8.4.0", set()),
        ("freetype2", "2.10.3", {"CVE-2020-15999"}),
        ("freetype", "2.10.4", set()),
    ],
)
def test_releases_are_held_against_tags(upstream: Path, name: str, version: str, identities: set[str]) -> None:
    result = scanned(upstream, library(name, version))
    assert set(found(result)) == identities
    assert not any(finding.doubt for finding in result.findings)
    assert result.libraries == ((LibraryCheck.UPSTREAM, 1),)
    assert not result.gaps
    assert all(finding.bundled and finding.severity for finding in result.findings)


def test_a_release_that_no_record_knows_is_in_doubt_between_two_that_are_listed(tmp_path: Path) -> None:
    database = held(tmp_path, GIT=[git_record("CVE-2022-1", ZLIB, ["v1.2.8", "v1.2.11", "v1.3"])])
    (finding,) = scanned(database, library("zlib", "1.2.10")).findings
    assert "1.2.8 and 1.2.11" in finding.doubt
    # Above all of its own branch: the fix came in between.
    assert not scanned(database, library("zlib", "1.2.12")).findings


def test_a_tag_that_cannot_be_read_clears_no_release_of_its_numbers(tmp_path: Path) -> None:
    database = held(tmp_path, GIT=[git_record("CVE-2022-1", ZLIB, ["v1.2.11", "v1.2.12-old-tree"])])
    (finding,) = scanned(database, library("zlib", "1.2.12")).findings
    assert "'v1.2.12-old-tree'" in finding.doubt
    assert not scanned(database, library("zlib", "1.2.13")).findings


def test_a_range_without_an_end_concerns_releases_that_came_after_the_list(tmp_path: Path) -> None:
    database = held(tmp_path, GIT=[git_record("CVE-2022-1", ZLIB, ["v1.2.8", "v1.2.11"], None)])
    assert found(scanned(database, library("zlib", "1.2.11"))) == {"CVE-2022-1": State.UNFIXED}
    (later,) = scanned(database, library("zlib", "1.3.1")).findings
    assert later.state is State.UNCERTAIN
    assert "nothing ends its range" in later.doubt


def test_what_another_record_lists_was_there_to_be_listed(tmp_path: Path) -> None:
    lists = [["v1.2.8", "v1.2.13"], ["v1.2.11"]]
    records = [git_record(f"CVE-2022-{number}", ZLIB, tags) for number, tags in enumerate(lists)]
    assert found(scanned(held(tmp_path, GIT=records), library("zlib", "1.2.11"))) == {"CVE-2022-1": State.UNKNOWN}


@pytest.mark.parametrize("tags", [[], ["webp-rfc9649", "main"]])
def test_commits_alone_leave_a_gap(tmp_path: Path, tags: list[str]) -> None:
    result = scanned(held(tmp_path, GIT=[git_record("CVE-2022-1", ZLIB, tags)]), library("zlib", "1.2.11"))
    assert not result.findings
    (left,) = result.unevaluated
    assert "CVE-2022-1" in left.reason
    assert any("could not be evaluated" in gap for gap in result.gaps)


def test_one_vulnerability_of_two_services_is_one_finding(tmp_path: Path) -> None:
    fuzzed = {**OSS_FUZZ_RECORDS[0], "id": "OSV-2020-2"}
    (finding,) = scanned(held(tmp_path, F=[*OSS_FUZZ_RECORDS, fuzzed]), library("freetype", "2.9.1")).findings
    assert finding.advisories == ("OSV-2020-1999", "OSV-2020-2")


# -- Debian's fixes --------------------------------------------------------------------------------------------------


def test_debian_bounds_what_upstream_does_not_decide(tmp_path: Path) -> None:
    records = [
        debian_record("CVE-2022-25235", "expat", ("11", "2.2.10-2+deb11u2"), ("12", "2.4.5-1")),
        debian_record("CVE-2022-40674", "expat", ("12", "2.4.8-2")),
        debian_record("CVE-2099-1", "expat", ("12", None)),
    ]
    database = held(tmp_path, Debian=records)
    old = scanned(database, library("expat", "2.4.4"))
    assert found(old) == dict.fromkeys(("CVE-2022-25235", "CVE-2022-40674", "CVE-2099-1"), State.UNCERTAIN)
    doubts = {finding.identity: finding.doubt for finding in old.findings}
    assert "2.2.10-2+deb11u2" in doubts["CVE-2022-25235"]
    assert "Debian patched expat 2.4.8 (2.4.8-2)" in doubts["CVE-2022-40674"]
    assert "names no fix" in doubts["CVE-2099-1"]
    new = scanned(database, library("expat", "2.6.3"))
    assert set(found(new)) == {"CVE-2099-1"}
    assert [(item.what, item.identity) for item in new.unevaluated] == [("expat", "CVE-2022-40674")]
    assert new.libraries == ((LibraryCheck.DEBIAN, 1),)
    assert "no advisories for GIT are held: 1 native libraries were held against other advisories only" in new.gaps


def test_upstream_decides_before_debian(tmp_path: Path) -> None:
    debian = [debian_record("CVE-2022-37434", "zlib", ("11", "1:1.2.11.dfsg-2+deb11u2"), ("12", "1:1.2.11.dfsg-4.1"))]
    without = held(tmp_path, Debian=debian)
    assert scanned(without, library("zlib", "1.2.13")).unevaluated
    database = held(tmp_path, Debian=debian, GIT=GIT_RECORDS)
    assert not scanned(database, library("zlib", "1.2.13")).unevaluated
    (finding,) = scanned(database, library("zlib", "1.2.12")).findings
    assert not finding.doubt


def test_an_advisory_about_several_vulnerabilities_is_asked_about_each(tmp_path: Path) -> None:
    several = debian_record("CVE-1", "expat", ("12", "2.4.8-2"), id="DSA-1", upstream=["CVE-2022-1", "CVE-2022-2"])
    several["modified"] = "2026-11-20T00:00:00Z"
    result = scanned(held(tmp_path, Debian=[several]), library("expat", "2.4.4"))
    assert set(found(result)) == {"CVE-2022-1", "CVE-2022-2"}


def test_a_fix_that_cannot_be_read_clears_nothing(tmp_path: Path) -> None:
    database = held(tmp_path, Debian=[debian_record("CVE-2022-1", "expat", ("12", "odd"))])
    result = scanned(database, library("expat", "2.4.4"))
    assert not result.findings
    assert "CVE-2022-1" in result.unevaluated[0].reason


# -- what is not checked ---------------------------------------------------------------------------------------------


def test_every_library_is_accounted_for(upstream: Path) -> None:
    parts = (library("zlib", "1.3.1"), library("protobuf"), library("zlib", "main"), library("nobodys", "1.0"),
             library("gcc", "14.2.1"))  # fmt: skip
    result = scanned(upstream, *parts)
    assert dict(result.libraries) == {
        LibraryCheck.UPSTREAM: 1,
        LibraryCheck.NO_VERSION: 2,
        LibraryCheck.NO_PROJECT: 1,
        LibraryCheck.NO_ADVISORIES: 1,
    }
    assert (result.checked, dict(result.uncovered)) == (1, {"generic": 2})
    open_questions = {(item.what, item.identity) for item in result.unevaluated}
    assert open_questions == {("protobuf", NO_VERSION), ("zlib", NO_VERSION), ("nobodys", NO_PROJECT)}
    assert [gap[:18] for gap in result.gaps] == ["3 things could not"]


def test_what_nothing_decides_is_accepted_by_a_person_for_a_reason(tmp_path: Path) -> None:
    database = held(tmp_path, Debian=[debian_record("CVE-2022-40674", "expat", ("12", "2.4.8-2"))], GIT=GIT_RECORDS,
                    Fuzz=OSS_FUZZ_RECORDS)  # fmt: skip
    result = scanned(database, library("expat", "2.6.3"), library("onednn"), library("protobuf"))
    assert (result.undecided, len(result.gaps)) == (3, 1)
    entries = [Ignored(id="CVE-2022-40674", package="expat", reason="2.4.9 has it"),
               Ignored(id=NO_VERSION, package="onednn", reason="no advisories"),
               Ignored(id=NO_VERSION, package="zlib", reason="is not there")]  # fmt: skip
    partly = apply_ignored(result, entries, "ignore.yaml")
    assert partly.undecided == 1
    assert [gap[:8] for gap in partly.gaps] == ["1 things"]
    assert set(partly.gaps) < set(partly.warnings)
    assert any("no-version matches no finding" in warning for warning in partly.warnings)
    assert {item.what: item.accepted for item in partly.unevaluated} == {
        "expat": "2.4.9 has it (ignore.yaml)", "onednn": "no advisories (ignore.yaml)", "protobuf": ""}  # fmt: skip
    whole = apply_ignored(partly, [Ignored(id=NO_VERSION, reason="all of them"), *entries], "more.yaml")
    assert (whole.undecided, whole.gaps) == (0, ())
    assert len(whole.unevaluated) == 3


def test_a_database_without_upstreams_records_says_so(tmp_path: Path) -> None:
    database = held(tmp_path, PyPI=[{"id": "PYSEC-1", "modified": "2026-11-20T00:00:00Z", "affected": [
        {"package": {"ecosystem": "PyPI", "name": "demo"}, "versions": ["1.0"]}]}])  # fmt: skip
    result = scanned(database, library("zlib", "1.2.11"))
    assert dict(result.libraries) == {LibraryCheck.NOT_HELD: 1}
    assert "no advisories for GIT are held: 1 native libraries were not checked" in result.gaps


def test_what_nobody_asks_about_is_not_kept(upstream: Path) -> None:
    with open_database(upstream) as opened:
        source = next(one for one in opened.sources if one.name == "GIT")
        assert source.records == len(GIT_RECORDS) + 1
        assert tuple(opened.candidates(Coordinates("GIT", "", "github.com/madler/zlib", "")))
        assert not tuple(opened.candidates(Coordinates("GIT", "", "github.com/somebody/else", "")))
