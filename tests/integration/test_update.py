"""``nautiloid update`` on a lock that has aged: real packages, real wheels, the mirror as it is now."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import Lock, read_lock, write_lock
from nautiloid.vulns.database.files import import_file

from ..unit.vulns.exports_server import record

pytestmark = [pytest.mark.network, pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here")]

AGED = """\
name: aged
summary: an image with old things
debian:
  pockets: release
  packages: [python3.11-minimal, libssl3]
python:
  requirements: ["jinja2==3.1.4", "urllib3<=2.2.0"]
"""


def _nautiloid(place: Path, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "nautiloid", *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A definition, and a lock of it as it would be had it been made when the release came out."""
    place = tmp_path_factory.mktemp("aged")
    (place / "nautiloid.yaml").write_text(AGED)
    _nautiloid(place, "lock", ".", "--lock", "old.lock")
    text = AGED.replace("  pockets: release\n", "").replace("==3.1.4", "").replace("<=2.2.0", "")
    (place / "nautiloid.yaml").write_text(text)
    definition = load_definition(str(place)).definition
    write_lock(read_lock(place / "old.lock").model_copy(update={"definition": definition}), place / "old.lock")
    return place


@pytest.fixture
def place(made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A fresh copy of the aged lock, and advisories about Jinja2 and OpenSSL."""
    (made / "aged.lock").write_bytes((made / "old.lock").read_bytes())
    database = tmp_path / "advisories.db"
    monkeypatch.setenv("NAUTILOID_DB", str(database))
    openssl = {"package": {"ecosystem": "Debian:12", "name": "openssl"},
               "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.22"}]}]}  # fmt: skip
    advisories = [
        record("PYSEC-1", "jinja2", aliases=["CVE-2026-1"], fixed="3.1.6"),
        {
            "id": "DEBIAN-CVE-2026-2",
            "modified": "2026-01-01T00:00:00Z",
            "upstream": ["CVE-2026-2"],
            "affected": [openssl],
        },
    ]
    for number, one in enumerate(advisories):
        (tmp_path / "one.json").write_text(json.dumps(one))
        import_file(database, tmp_path / "one.json", f"advisory-{number}")
    return made


def _versions(lock: Lock) -> dict[str, str]:
    return {one.name: one.version for one in (*lock.debs, *lock.wheels)}


def test_everything_moves_and_is_shown_first(place: Path) -> None:
    before = (place / "aged.lock").read_bytes()
    said = json.loads(_nautiloid(place, "update", ".", "--format", "json").partition("\n}\n")[0] + "\n}")
    assert {one["id"] for one in said["fixes"]} == {"CVE-2026-1", "CVE-2026-2"}
    assert {one["source"] for one in said["changelogs"]} >= {"openssl"}
    assert (place / "aged.lock").read_bytes() == before, "nothing is written without --apply"
    _nautiloid(place, "update", ".", "--check", code=3)
    out = _nautiloid(place, "update", ".", "--apply", "--notes", "notes.md")
    assert "CVE-2026-1" in out
    assert "Named by the packages' own changelogs" in (place / "notes.md").read_text()
    assert "nothing to update" in _nautiloid(place, "update", ".", "--check")
    notes = _nautiloid(place, "notes", "old.lock", "aged.lock")
    assert "CVE-2026-2" in notes


def test_only_security_leaves_the_rest_where_it_was_and_builds(place: Path, tmp_path: Path) -> None:
    old = _versions(read_lock(place / "old.lock"))
    _nautiloid(place, "update", ".", "--only-security", "--apply")
    lock = read_lock(place / "aged.lock")
    new = _versions(lock)
    assert {name for name in new if new[name] != old[name]} == {"jinja2", "libssl3"} & set(new) | (
        {"openssl"} & set(new)
    )
    assert {deb.name for deb in lock.debs if deb.at is None} >= {"libssl3"}
    command = ["build", ".", "--no-test", "--tag", "aged:1", "--offline"]
    done = subprocess.run(
        [sys.executable, "-m", "nautiloid", *command], cwd=place, capture_output=True, text=True, check=False,
        env={**os.environ, "NAUTILOID_IMAGES": str(tmp_path / "images")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nothing to update" in _nautiloid(place, "update", ".", "--only-security", "--check")


def test_without_advisories_versions_are_shown_and_security_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAUTILOID_DB", str(tmp_path / "none.db"))
    assert "there are no advisories here" in _nautiloid(place, "update", ".")
    assert "there is no advisory database" in _nautiloid(place, "update", ".", "--only-security", code=1)


def test_an_edited_definition_moves_nothing_else_of_an_aged_lock(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = read_lock(place / "aged.lock")
    text = (place / "nautiloid.yaml").read_text()
    monkeypatch.setenv("NAUTILOID_IMAGES", str(place / "images"))
    try:
        said = _nautiloid(place, "add", "deb:libgomp1", "idna")
        new = read_lock(place / "aged.lock")
        assert {name: version for name, version in _versions(new).items() if name in _versions(old)} == _versions(old)
        assert _versions(new).keys() - _versions(old).keys() == {"libgomp1", "idna"}
        assert "  + libgomp1 " in said
        assert new.timestamp > old.timestamp
        # What the archive has in a newer version by now remembers when it had this one.
        openssl = next(deb for deb in new.debs if deb.name == "libssl3")
        assert openssl.at == old.timestamp
        _nautiloid(place, "build", ".", "--locked", "--no-test")
        assert "aged" in _nautiloid(place, "remove", "deb:libgomp1", "idna")
        again = read_lock(place / "aged.lock")
        assert _versions(again) == _versions(old)
    finally:
        (place / "nautiloid.yaml").write_text(text)
