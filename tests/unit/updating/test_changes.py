"""What differs between two locks, and how release notes say it."""

from __future__ import annotations

import json

from nautiloid.factory.lockfile import LockedFile, LockedWheel
from nautiloid.report.release_notes import update_to_json, update_to_markdown
from nautiloid.updating.changelogs import ChangelogFixes
from nautiloid.updating.changes import LockChange, Vulnerability, changes_between, fixed, with_vulnerabilities
from nautiloid.updating.update import Update
from nautiloid.vulns.model import Finding, ScannedComponent, ScanResult, State
from nautiloid.vulns.severity import Rating, Severity

from .test_holding_back import NEW, OLD, Archive, _lock


def _wheel(name: str, version: str, sha256: str = "a" * 64) -> LockedWheel:
    return LockedWheel(name=name, version=version, filename=f"{name}.whl", size=1, sha256=sha256)


def _scan(*findings: tuple[str, str, Severity]) -> ScanResult:
    found = tuple(
        Finding(identity, (identity,), (), "F", "", "x", "1", (ScannedComponent(purl.rpartition("/")[2], "1", purl),),
                Rating(severity), State.FIXED, "2", "", (), "")
        for identity, purl, severity in findings
    )  # fmt: skip
    return ScanResult("x", "", "", "t", found, 1, 1)


def test_everything_that_is_locked_is_compared() -> None:
    archive = Archive()
    old = _lock(OLD, [archive.deb("a", "1"), archive.deb("b", "1")]).model_copy(
        update={"wheels": (_wheel("Some.Thing", "1"), _wheel("same", "1"))}
    )
    file = LockedFile(index=0, path="", to="/app/x.py", mode=0o644, size=1, sha256="c" * 64)
    new = _lock(NEW, [archive.deb("a", "2"), archive.deb("c", "1")]).model_copy(
        update={"wheels": (_wheel("some-thing", "2"), _wheel("same", "1", "b" * 64)), "files": (file,)}
    )
    assert [(one.kind, one.name, one.before, one.after) for one in changes_between(old, new)] == [
        ("deb", "a", "1", "2"), ("deb", "b", "1", ""), ("deb", "c", "", "1"),
        ("files", "/app/x.py", "", "cccccccccccc"),
        ("wheel", "same", "1 (aaaaaaaa)", "1 (bbbbbbbb)"), ("wheel", "some-thing", "1", "2"),
    ]  # fmt: skip
    assert changes_between(old, old) == ()


def test_what_is_fixed_and_what_is_brought_is_said_of_the_package_that_moved() -> None:
    changes = (LockChange("deb", "a", "1", "2"), LockChange("wheel", "w", "1", "2"), LockChange("deb", "z", "1", "2"))
    before = _scan(("CVE-1", "pkg:deb/debian/a", Severity.LOW), ("CVE-2", "pkg:deb/debian/a", Severity.HIGH),
                   ("CVE-3", "pkg:pypi/w", Severity.LOW), ("CVE-9", "pkg:pypi/stays", Severity.LOW))  # fmt: skip
    after = _scan(("CVE-3", "pkg:pypi/w", Severity.LOW), ("CVE-4", "pkg:pypi/W", Severity.CRITICAL))
    a, w, z = with_vulnerabilities(changes, before, after)
    assert [one.identity for one in a.fixes] == ["CVE-2", "CVE-1"]
    assert (w.fixes, [one.identity for one in w.brings]) == ((), ["CVE-4"])
    assert (z.fixes, z.brings) == ((), ())
    assert [one.identity for one in fixed((a, w, z, a))] == ["CVE-2", "CVE-1"]


def test_release_notes_say_all_of_it_and_nothing_of_it_is_markup() -> None:
    archive = Archive()
    old, new = _lock(OLD, [archive.deb("a", "1")]), _lock(NEW, [archive.deb("a", "2|<b>")])
    change = LockChange("deb", "a", "1", "2|<b>", fixes=(Vulnerability("CVE-2", Severity.HIGH),))
    update = Update(old, new, (change,), _scan(), _scan(("CVE-7", "pkg:deb/debian/a", Severity.LOW)), ("a note",))
    changelogs = (ChangelogFixes("src", "1", "2", ("CVE-2", "CVE-5"), 3),)
    text = update_to_markdown(update, changelogs)
    assert "| deb | a | 1 | 2\\|\\<b\\> | CVE-2 (high) |  |" in text
    assert "- src 1 to 2: CVE-2, CVE-5" in text
    assert "- CVE-7 in x 1 (fixed in 2)" in text
    assert "Note: a note" in text
    data = json.loads(update_to_json(update, changelogs))
    assert data["fixes"] == [{"id": "CVE-2", "severity": "high"}]
    assert data["changelogs"][0]["cves"] == ["CVE-2", "CVE-5"]
    assert data["left"] == ["CVE-7"]
    assert "Nothing changed" in update_to_markdown(Update(old, old, (), None, None, ()), ())
