"""``nautiloid vex suggest`` on a real image: evidence, confirmation, and a scan that heeds it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid.vulns.database.files import import_file

from ..conftest import Built

pytestmark = [
    pytest.mark.network,
    pytest.mark.engine,
    pytest.mark.skipif(
        shutil.which("strace") is None or shutil.which("bwrap") is None, reason="needs strace and bubblewrap"
    ),
]
PYTHON = "nautiloid/python:latest"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Callable[[str], Built]) -> Path:
    """A directory with an advisory for SQLite and one for Python, each without a fix, and a store of its own."""
    layout = built("python").layout
    shutil.copytree(layout.directory, tmp_path / "images", copy_function=os.link)
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "images"))
    database = tmp_path / "advisories.db"
    monkeypatch.setenv("NAUTILOID_DB", str(database))
    for number, source in enumerate(("sqlite3", "python3.11")):
        package = {"ecosystem": "Debian:12", "name": source}
        record = {
            "id": f"DEBIAN-CVE-2026-{number}", "modified": "2026-01-01T00:00:00Z", "upstream": [f"CVE-2026-{number}"],
            "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}],
        }  # fmt: skip
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
        import_file(database, tmp_path / f"{number}.json", f"Debian-{number}")
    return tmp_path


def _nautiloid(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nautiloid", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=300)


def _proposed(place: Path, code: str) -> set[str]:
    done = _nautiloid(place, "vex", "suggest", PYTHON, "--", "-c", code)
    assert done.returncode == 0, done.stderr
    return {one["identity"] for one in json.loads((place / "vex-evidence.json").read_text())["proposals"]}


def _open(place: Path) -> list[str]:
    done = _nautiloid(place, "scan", PYTHON, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [one["id"] for one in json.loads(done.stdout)["findings"] if one["suppressed"] is None]


def test_from_a_run_to_a_scan_that_heeds_it(place: Path) -> None:
    assert sorted(_open(place)) == ["CVE-2026-0", "CVE-2026-1"]
    # SQLite's library is reached through its soname, a link: the file behind it counts as used.
    assert _proposed(place, "import sqlite3") == set()
    assert _proposed(place, "print(1)") == {"CVE-2026-0"}
    done = _nautiloid(place, "vex", "confirm", "vex-evidence.json", "python.openvex.json", "--all", "--author", "me")
    assert done.returncode == 0, done.stderr
    done = _nautiloid(place, "vex", "apply", PYTHON, "python.openvex.json", "--evidence", "vex-evidence.json")
    assert done.returncode == 0, done.stderr
    assert _open(place) == ["CVE-2026-1"]
    assert _proposed(place, "print(1)") == set(), "what is lifted is not proposed again"


def test_work_that_fails_is_no_evidence(place: Path) -> None:
    done = _nautiloid(place, "vex", "suggest", PYTHON, "--", "-c", "raise SystemExit(3)")
    assert done.returncode == 1
    assert "ends with 3, which proves nothing" in done.stderr
    assert not (place / "vex-evidence.json").exists()
