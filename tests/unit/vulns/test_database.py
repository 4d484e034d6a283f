"""The database against a real HTTP server, real files and real faults."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from nautiloid.errors import IntegrityError, NautiloidError, UsageError
from nautiloid.vulns.database.exports import Exports, FeedError
from nautiloid.vulns.database.files import export_database, import_file
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import DatabaseError
from nautiloid.vulns.database.update import Lists, update_database
from nautiloid.vulns.model import Finding, ScannedComponent, Subject
from nautiloid.vulns.scan import scan
from nautiloid.vulns.severity import Severity

from .exports_server import ExportsServer, record

NO_LISTS = Lists("", "")
DEMO = Subject("demo", (ScannedComponent("demo", "1.0", "pkg:pypi/demo@1.0"),))


def _update(server: ExportsServer, database: Path, lists: Lists = NO_LISTS, **more: bool) -> list[str]:
    exports = Exports(server.url, pause=0.01)
    try:
        return update_database(database, ["PyPI"], exports, lists, **more)
    finally:
        exports.close()


def _found(database: Path, subject: Subject = DEMO) -> list[str]:
    with open_database(database) as opened:
        return [finding.identity for finding in scan(subject, opened).findings]


def test_everything_once_then_only_what_changed(server: ExportsServer, tmp_path: Path) -> None:
    database = tmp_path / "db"
    server.publish("PyPI", [record("PYSEC-1"), record("PYSEC-2"), record("PYSEC-3", withdrawn="2026-01-01T00:00:00Z")])
    assert _update(server, database) == ["PyPI: 3 advisories, 1 of them withdrawn, 0 malformed"]
    assert _found(database) == ["PYSEC-1", "PYSEC-2"]
    assert _update(server, database) == ["PyPI: nothing has changed"]
    changed = record("PYSEC-1", fixed="0.5") | {"modified": "2026-11-22T00:00:00Z"}
    server.publish("PyPI", [changed, record("PYSEC-3"), record("PYSEC-4")])
    server.asked.clear()
    # PYSEC-3 kept its time of change, so that it stays withdrawn; PYSEC-2 is gone.
    assert _update(server, database) == ["PyPI: 2 advisories changed, 1 removed"]
    assert "/PyPI/all.zip" not in server.asked
    assert _found(database) == ["PYSEC-4"]
    assert _update(server, database, whole=True) == ["PyPI: 3 advisories, 0 of them withdrawn, 0 malformed"]
    assert _found(database) == ["PYSEC-3", "PYSEC-4"]


def test_a_host_without_lists_of_changes_is_asked_by_etag(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record("PYSEC-1")], changes=False)
    _update(server, tmp_path / "db")
    assert _update(server, tmp_path / "db") == ["PyPI: nothing has changed"]
    assert server.asked.count("/PyPI/all.zip") == 2


@pytest.mark.parametrize("damage", ["truncated", "flipped", "no zip"])
def test_a_damaged_download_leaves_the_old_database(server: ExportsServer, tmp_path: Path, damage: str) -> None:
    database = tmp_path / "db"
    server.publish("PyPI", [record("PYSEC-1")], changes=False)
    _update(server, database)
    before = database.read_bytes()
    server.publish("PyPI", [record("PYSEC-9")], changes=False)
    if damage == "no zip":
        (server.root / "PyPI/all.zip").write_bytes(b"<html>captive portal</html>")
    elif damage == "flipped":
        server.tamper = lambda _, content: bytes([content[0] ^ 1]) + content[1:]
    else:
        server.tamper = lambda _, content: content[:-20]
    with pytest.raises((IntegrityError, FeedError)):
        _update(server, database)
    assert database.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_busy_host_is_asked_again_and_a_dead_one_is_named(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record("PYSEC-1")])
    server.busy = 2
    assert "1 advisories" in _update(server, tmp_path / "db")[0]
    server.busy = 99
    with pytest.raises(FeedError, match="503"):
        _update(server, tmp_path / "db")
    assert _found(tmp_path / "db") == ["PYSEC-1"]
    with pytest.raises(UsageError, match="no ecosystem 'Cobol'"):
        update_database(tmp_path / "db", ["Cobol"], Exports(_quiet(server).url, pause=0.01), NO_LISTS)


def _quiet(server: ExportsServer) -> ExportsServer:
    server.busy = 0
    return server


def test_exploited_and_epss_sort_the_list_and_may_be_missing(server: ExportsServer, tmp_path: Path) -> None:
    severe = {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}
    server.publish("PyPI", [record("CVE-2026-1"), record("CVE-2026-2", **severe), record("CVE-2026-3")])
    (server.root / "kev.json").write_text(json.dumps({"catalogVersion": "1", "vulnerabilities": [
        {"cveID": "CVE-2026-3", "dateAdded": "2026-01-01", "knownRansomwareCampaignUse": "Known"}]}))  # fmt: skip
    (server.root / "epss.csv.gz").write_bytes(gzip.compress(b"#model\ncve,epss,percentile\nCVE-2026-1,0.9,0.99\n"))
    lists = Lists(f"{server.url}/kev.json", f"{server.url}/epss.csv.gz")
    assert _update(server, tmp_path / "db", lists)[1:] == ["exploited vulnerabilities (CISA): 1", "EPSS scores: 1"]
    assert _found(tmp_path / "db") == ["CVE-2026-3", "CVE-2026-2", "CVE-2026-1"]
    said = _update(server, tmp_path / "db", Lists(f"{server.url}/gone", f"{server.url}/PyPI/all.zip"))
    assert all("left as they were" in line for line in said[1:])
    assert _found(tmp_path / "db")[0] == "CVE-2026-3"


def test_one_id_in_several_files_is_one_record(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(record("X-1", "demo", aliases=["CVE-2026-1"])))
        archive.writestr("b.json", json.dumps(record("X-1", "other", aliases=["GHSA-1"])))
        archive.writestr("broken.json", "{")
        archive.writestr("README.txt", "not a record")
    said = import_file(tmp_path / "db", tmp_path / "x.zip")
    assert said == "2 advisories as 'x', 0 of them withdrawn, 1 malformed"
    other = Subject("x", (*DEMO.parts, ScannedComponent("other", "1.0", "pkg:pypi/other@1.0")))
    with open_database(tmp_path / "db") as opened:
        findings = scan(other, opened).findings
        assert {finding.identities for finding in findings} == {("CVE-2026-1", "GHSA-1", "X-1")}
        assert [source.records for source in opened.sources] == [1]


def test_dates_in_the_future_make_nothing_young(tmp_path: Path) -> None:
    future = record("X-1") | {"modified": "2999-01-01T00:00:00Z"}
    old = record("X-2") | {"modified": "2020-01-01T00:00:00Z"}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for one in (future, old):
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    import_file(tmp_path / "db", tmp_path / "x.zip")
    with open_database(tmp_path / "db") as opened:
        assert opened.sources[0].as_of == "2020-01-01T00:00:00Z"
        assert "the advisories are old" in scan(DEMO, opened).warnings[0]


def test_a_whole_database_travels_in_one_file(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record("PYSEC-1")])
    _update(server, tmp_path / "db")
    export_database(tmp_path / "db", tmp_path / "carry.zst")
    assert "whole database" in import_file(tmp_path / "there/db", tmp_path / "carry.zst")
    assert _found(tmp_path / "there/db") == ["PYSEC-1"]
    packed = (tmp_path / "carry.zst").read_bytes()
    (tmp_path / "carry.zst").write_bytes(packed[:-30])
    with pytest.raises(NautiloidError):
        import_file(tmp_path / "there/db", tmp_path / "carry.zst")
    assert _found(tmp_path / "there/db") == ["PYSEC-1"]


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"{}", b'{"vulnerabilities": 5, "catalogVersion": 1}', b"PK\x03\x04"]
)
def test_what_is_no_advisory_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(NautiloidError):
        import_file(tmp_path / "db", tmp_path / "file")
    assert not (tmp_path / "db").exists()


def test_a_damaged_or_missing_database_says_what_to_do(tmp_path: Path) -> None:
    for content in (None, b"", b"garbage" * 1000, b"SQLite format 3\0" + b"x" * 5000):
        if content is not None:
            (tmp_path / "db").write_bytes(content)
        with pytest.raises(DatabaseError) as caught, open_database(tmp_path / "db"):
            pass
        assert "db update" in caught.value.hint


def test_a_database_replaced_during_a_scan_does_no_harm(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record("PYSEC-1")])
    _update(server, tmp_path / "db")
    with open_database(tmp_path / "db") as opened:
        server.publish("PyPI", [record("PYSEC-2") | {"modified": "2026-11-21T00:00:00Z"}])
        _update(server, tmp_path / "db", whole=True)
        assert [finding.identity for finding in scan(DEMO, opened).findings] == ["PYSEC-1"]
    assert _found(tmp_path / "db") == ["PYSEC-2"]


def _import_with_little_room(database: Path, file: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        import_file(database, file)
    except DatabaseError as error:
        sys.exit(7 if "still in use" in error.hint else 8)
    sys.exit(0)


def test_no_room_leaves_the_old_database(tmp_path: Path) -> None:
    """A limit on file sizes makes the very write calls fail, as a full disk does."""
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3000):
            archive.writestr(f"{number}.json", json.dumps(record(f"X-{number}")))
    (tmp_path / "one.json").write_text(json.dumps(record("X-1")))
    import_file(tmp_path / "db", tmp_path / "one.json")
    before = (tmp_path / "db").read_bytes()
    process = multiprocessing.get_context("fork").Process(
        target=_import_with_little_room, args=(tmp_path / "db", tmp_path / "big.zip")
    )
    process.start()
    process.join(60)
    assert process.exitcode == 7
    assert (tmp_path / "db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big.zip", "db", "db.lock", "one.json"]


def test_two_updates_at_once_come_one_after_the_other(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record(f"PYSEC-{number}") for number in range(300)])
    code = (
        "import sys; from pathlib import Path; from nautiloid.vulns.database.exports import Exports;"
        "from nautiloid.vulns.database.update import Lists, update_database;"
        "update_database(Path(sys.argv[2]), ['PyPI'], Exports(sys.argv[1]), Lists('', ''), whole=True)"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, server.url, str(tmp_path / "db")]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(_found(tmp_path / "db")) == 300


def test_an_interrupted_update_leaves_the_old_database(server: ExportsServer, tmp_path: Path) -> None:
    server.publish("PyPI", [record("PYSEC-1")])
    _update(server, tmp_path / "db")
    held = threading.Event()

    def stall(path: str, content: bytes) -> bytes:
        if path.endswith("all.zip"):
            held.wait(30)
        return content

    server.tamper = stall
    process = subprocess.Popen(
        [sys.executable, "-m", "nautiloid", "db", "update", "-e", "PyPI", "--full", "--url", server.url,
         "--kev-url", "", "--epss-url", "", "--db", str(tmp_path / "db")],
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has interrupts ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - async-signal-safe
    )  # fmt: skip
    before = len(server.asked)
    while len(server.asked) == before:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    code = process.wait(25)
    held.set()
    assert code == 130
    assert _found(tmp_path / "db") == ["PYSEC-1"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".db")] == []


def test_a_hundred_thousand_advisories_for_one_package(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.json", json.dumps(record(f"X-{number}", fixed="2.0" if number % 2 else "0.5")))
    import_file(tmp_path / "db", tmp_path / "many.zip")
    with open_database(tmp_path / "db") as opened:
        assert len(scan(DEMO, opened).findings) == 50_000


def test_severity_is_inherited_from_whoever_rates_the_same_vulnerability(tmp_path: Path) -> None:
    unrated = record("DEBIAN-CVE-2026-1", "demo", "2.0-1", "Debian:12", upstream=["CVE-2026-1"])
    rated = record("GHSA-1", "elsewhere", aliases=["CVE-2026-1"],
                   severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}])  # fmt: skip
    finding = _only_finding(tmp_path, [unrated, rated])
    assert (finding.identity, finding.severity) == ("CVE-2026-1", Severity.CRITICAL)
    assert finding.identities == ("CVE-2026-1", "DEBIAN-CVE-2026-1", "GHSA-1")


def test_an_erratum_counts_once_for_each_of_its_vulnerabilities(tmp_path: Path) -> None:
    erratum = record("DSA-1-1", "demo", "2.0-1", "Debian:12", upstream=["CVE-2026-1", "CVE-2026-2"])
    single = record("DEBIAN-CVE-2026-1", "demo", "2.0-1", "Debian:12", upstream=["CVE-2026-1"])
    assert [finding.identity for finding in _findings(tmp_path, [erratum, single])] == ["CVE-2026-1", "CVE-2026-2"]


_PURL = "pkg:deb/debian/libdemo1@1.0-1%2Bb1?distro=debian-12"
DEBIAN = Subject("debian", (ScannedComponent("libdemo1", "1.0-1+b1", _PURL, "", "demo", "1.0-1"),))


def _findings(tmp_path: Path, records: list[dict[str, object]]) -> tuple[Finding, ...]:
    with zipfile.ZipFile(tmp_path / "Debian.zip", "w") as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    import_file(tmp_path / "db", tmp_path / "Debian.zip")
    with open_database(tmp_path / "db") as opened:
        return scan(DEBIAN, opened).findings


def _only_finding(tmp_path: Path, records: list[dict[str, object]]) -> Finding:
    (finding,) = _findings(tmp_path, records)
    return finding


def test_states_tell_what_can_be_done(tmp_path: Path) -> None:
    def of(identity: str, **more: object) -> dict[str, object]:
        made = record(identity, "demo", None, "Debian:12")
        made["affected"][0] |= more
        return made

    records = [
        record("A-1", "demo", "2.0-1", "Debian:12"),
        of("A-2"),
        of("A-3", ecosystem_specific={"urgency": "unimportant"}),
        of("A-4", ranges=[], versions=["1.0-1"]),
    ]
    states = {finding.identity: str(finding.state) for finding in _findings(tmp_path, records)}
    assert states == {"A-1": "fix available", "A-2": "unfixed", "A-3": "unimportant", "A-4": "unknown"}


def test_a_release_without_support_is_never_clean(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(record("A-1", "demo", "2", "Debian:10")))
    import_file(tmp_path / "db", tmp_path / "one.json", "Debian")
    with open_database(tmp_path / "db") as opened:
        result = scan(Subject("old", (ScannedComponent("x", "1", "pkg:deb/debian/x@1?distro=debian-10"),)), opened)
    assert result.findings == ()
    assert result.ended == ("Debian 10 (2024-06-30)",)
    assert "silence proves nothing" in result.warnings[0]


def test_what_cannot_be_checked_is_counted(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(record("A-1")))
    import_file(tmp_path / "db", tmp_path / "one.json", "PyPI")
    parts = (
        ScannedComponent("firmware", "1.2", "pkg:generic/firmware@1.2"),
        ScannedComponent("x", "1", "pkg:npm/x@1.0.0"),
        ScannedComponent("demo", "", "pkg:pypi/demo"),
        ScannedComponent("demo", "9" * 5_000_000, f"pkg:pypi/demo@{'9' * 5_000_000}"),
        ScannedComponent("odd", "not a version", "pkg:pypi/odd@a b"),
    )
    with open_database(tmp_path / "db") as opened:
        result = scan(Subject("x", parts), opened)
    assert dict(result.uncovered) == {"generic": 1, "npm": 1}
    assert [item.what for item in result.unevaluated] == ["demo", "demo", "odd"]
    gaps = ("nothing was checked: advisories cover none of the 5 parts", "no advisories for npm are held",
            "3 things could not be evaluated")  # fmt: skip
    assert all(found.startswith(gap) for found, gap in zip(result.gaps, gaps, strict=True))
    assert set(result.gaps) <= set(result.warnings)


def test_a_release_without_advisories_is_not_covered(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(record("A-1", "demo", "2", "Debian:12")))
    import_file(tmp_path / "db", tmp_path / "one.json", "Debian")
    both = tuple(ScannedComponent("x", "1", f"pkg:deb/debian/x@1?distro=debian-{release}") for release in (12, 13))
    with open_database(tmp_path / "db") as opened:
        held, mixed = (scan(Subject("x", parts, "", "Debian"), opened) for parts in (both[:1], both))
    assert held.gaps == ()
    assert (mixed.checked, dict(mixed.uncovered)) == (1, {"Debian:13": 1})
    assert mixed.gaps == ("no advisories for Debian:13 are held: 1 parts were not checked",)


def test_a_distribution_without_packages_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(record("A-1")))
    import_file(tmp_path / "db", tmp_path / "one.json", "PyPI")
    bundled = ScannedComponent("zlib", "1", "pkg:rpm/x/zlib@1", "pkg:pypi/demo@3.0")
    parts = (ScannedComponent("demo", "3.0", "pkg:pypi/demo@3.0"), bundled)
    with open_database(tmp_path / "db") as opened:
        result = scan(Subject("x", parts, distribution="Debian GNU/Linux 12"), opened)
    assert result.gaps == ("this is Debian GNU/Linux 12, but none of its packages was found",)


def test_an_uncertain_finding_says_what_it_could_not_read(tmp_path: Path) -> None:
    made = record("A-1", "demo", None, "Debian:12")
    made["affected"][0]["ranges"] = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.9 or so"}]}]
    finding = _only_finding(tmp_path, [made])
    assert (str(finding.state), finding.fixed) == ("uncertain", "")
    assert finding.doubt == (
        "A-1: its range names '0.9 or so', which is no version; read as 0.9, it does not hold 1.0-1"
    )
    # Another record of the same vulnerability that can be read is enough to be certain.
    sure = record("A-2", "demo", None, "Debian:12", aliases=["A-1"])
    assert str(_only_finding(tmp_path, [made, sure]).state) == "unfixed"
