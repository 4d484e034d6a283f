"""``nautiloid lab`` as a user runs it: with photos of one's own, and with nothing but what we draw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nautiloid.oci.layout import Layout
from nautiloid.vulns.database.files import import_file

from ..unit.vulns.exports_server import record

pytestmark = [pytest.mark.engine, pytest.mark.network]

ANIMALS = ["octopus", "penguin", "whale"]


def _lab(
    work: Path, images: Layout, engine: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if name != "NAUTILOID_DATA"}
    ours["NAUTILOID_IMAGES"] = str(images.directory)
    ours["NAUTILOID_PHOTOS_URL"] = "http://127.0.0.1:9/photos.tar.gz"  # the discard port: nobody listens
    command = [sys.executable, "-m", "nautiloid", "lab", "--work", str(work), "--engine", engine]
    return subprocess.run(
        command, env={**ours, **(environment or {})}, capture_output=True, text=True, check=False, timeout=900
    )


def _report(work: Path) -> dict[str, Any]:
    return dict(json.loads((work / "report.json").read_text()))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_without_photos_the_lab_draws_its_own_and_the_second_run_does_nothing_again(
    image_store: Layout, tmp_path: Path
) -> None:
    work = tmp_path / "lab"
    # What the archive alone has not fixed: the control is vulnerable, the hardened image is not.
    advisory = record("DEBIAN-CVE-2026-1", "openssl", fixed="3.0.21", ecosystem="Debian:12")
    (tmp_path / "one.json").write_text(json.dumps(advisory))
    import_file(tmp_path / "advisories.db", tmp_path / "one.json", "Debian")
    held = {"NAUTILOID_DB": str(tmp_path / "advisories.db")}
    first = _lab(work, image_store, "bubblewrap", held)
    assert first.returncode == 0, first.stderr
    assert "The lab's photos cannot be had" in first.stderr
    report = _report(work)
    assert report["photos"].startswith("drawings")
    assert [answer["label"] for answer in report["answers"]] == ANIMALS
    assert report["accuracy"] > 0.9
    surface = report["inspection"]["surface"]
    assert surface["setuid"] == surface["shells"] == []
    measures = {measure["key"]: measure["values"] for measure in report["comparison"]["measures"]}
    control, hardened, _ = measures["executables"]
    assert hardened <= control * 0.1
    control, hardened, _ = measures["debian-packages"]
    assert hardened <= control * 0.15
    assert "control-pytorch" in first.stdout
    control, hardened, _ = report["vulnerabilities"]
    assert [sum(one["fixable"] for one in scan["severities"]) for scan in (control, hardened)] == [1, 0]
    assert "Known vulnerabilities" in (work / "report.html").read_text()
    assert "Advisories as of" in first.stdout
    assert (work / "report.html").read_text().startswith("<!doctype html>")
    assert report["digest"] in first.stdout
    assert len(image_store.attached(report["digest"])) == 2

    model = work / "model/octopus_whale_penguin_model.pt"
    before = model.stat()
    second = _lab(work, image_store, "bubblewrap", held)
    assert second.returncode == 0, second.stderr
    assert (model.stat().st_ino, model.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    again = _report(work)
    assert {**again, "seconds": 0} == {**report, "seconds": 0}


@pytest.mark.skipif("NAUTILOID_DATA" not in os.environ, reason="NAUTILOID_DATA does not name the lab's photos")
def test_with_the_photos_every_answer_is_right_in_docker(
    docker_daemon: None, image_store: Layout, tmp_path: Path
) -> None:
    done = _lab(tmp_path, image_store, "docker", {"NAUTILOID_DATA": os.environ["NAUTILOID_DATA"]})
    assert done.returncode == 0, done.stderr
    report = _report(tmp_path)
    assert (report["engine"], report["photos"]) == ("docker", "your own")
    assert report["accuracy"] == 1.0
    assert [answer["label"] for answer in report["answers"]] == ANIMALS


def test_a_directory_without_photos_is_refused_in_one_line(image_store: Layout, tmp_path: Path) -> None:
    done = _lab(tmp_path / "lab", image_store, "auto", {"NAUTILOID_DATA": str(tmp_path)})
    assert done.returncode == 2
    assert "octopus-penguin-whale/train" in done.stderr
    assert "Traceback" not in done.stderr
