"""``nautiloid lab`` as a user runs it, from the wheel: with photos of one's own, and with nothing but what we draw."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout
from nautiloid.vulns.database.files import import_file

from ..unit.cli.test_help_examples import EXAMPLES
from ..unit.vulns.exports_server import record
from .conftest import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.network]

ANIMALS = ["octopus", "penguin", "whale"]


def _lab(
    installed: Path, work: Path, images: Layout, engine: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if name != "NAUTILOID_DATA"}
    ours["NAUTILOID_IMAGES"] = str(images.directory)
    ours["NAUTILOID_PHOTOS_URL"] = "http://127.0.0.1:9/photos.tar.gz"  # the discard port: nobody listens
    command = [str(installed / "nautiloid"), "lab", "--work", str(work), "--engine", engine]
    surroundings = _outside({**ours, **(environment or {})})
    return subprocess.run(
        command, cwd=work.parent, env=surroundings, capture_output=True, text=True, check=False, timeout=900
    )


def _outside(environment: dict[str, str]) -> dict[str, str]:
    """Leave out what could lead an installed program back to the checkout."""
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")}


def _report(work: Path) -> dict[str, Any]:
    return dict(json.loads((work / "report.json").read_text()))


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_without_photos_the_lab_draws_its_own_and_the_second_run_does_nothing_again(
    installed: Path, image_store: Layout, tmp_path: Path
) -> None:
    work = tmp_path / "lab"
    # What the archive alone has not fixed: the control is vulnerable, the hardened image is not.
    advisory = record("DEBIAN-CVE-2026-1", "openssl", fixed="3.0.21", ecosystem="Debian:12")
    (tmp_path / "one.json").write_text(json.dumps(advisory))
    import_file(tmp_path / "advisories.db", tmp_path / "one.json", "Debian")
    held = {"NAUTILOID_DB": str(tmp_path / "advisories.db")}
    first = _lab(installed, work, image_store, "bubblewrap", held)
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
    assert len(image_store.attached(report["digest"])) == 3  # two SBOMs, and what is known of its advisories

    model = work / "model/octopus_whale_penguin_model.pt"
    before = model.stat()
    second = _lab(installed, work, image_store, "bubblewrap", held)
    assert second.returncode == 0, second.stderr
    assert (model.stat().st_ino, model.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    again = _report(work)
    assert {**again, "seconds": 0} == {**report, "seconds": 0}

    # The example of `run --help` reaches the image's own command: its options, not an error of Python's.
    (tmp_path / "photos").mkdir()
    example = next(line for line in EXAMPLES if "octopus_detector train" in line)
    asked = [str(installed / "nautiloid"), *shlex.split(example)[1:], "--help"]
    surroundings = _outside({**os.environ, "NAUTILOID_IMAGES": str(image_store.directory)})
    told = subprocess.run(asked, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "--mode" in told.stdout


@pytest.mark.skipif("NAUTILOID_DATA" not in os.environ, reason="NAUTILOID_DATA does not name the lab's photos")
def test_with_the_photos_every_answer_is_right_in_docker(
    docker_daemon: None, installed: Path, image_store: Layout, tmp_path: Path
) -> None:
    done = _lab(installed, tmp_path, image_store, "docker", {"NAUTILOID_DATA": os.environ["NAUTILOID_DATA"]})
    assert done.returncode == 0, done.stderr
    report = _report(tmp_path)
    assert (report["engine"], report["photos"]) == ("docker", "your own")
    assert report["accuracy"] == 1.0
    assert [answer["label"] for answer in report["answers"]] == ANIMALS


def test_a_directory_without_photos_is_refused_in_one_line(
    installed: Path, image_store: Layout, tmp_path: Path
) -> None:
    done = _lab(installed, tmp_path / "lab", image_store, "auto", {"NAUTILOID_DATA": str(tmp_path)})
    assert done.returncode == 2
    assert "octopus-penguin-whale/train" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_holds_all_that_the_checkout_holds(wheel: Path) -> None:
    shipped = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "src/nautiloid", "workloads/octopus-detector"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    workload = "nautiloid/catalog/workloads/octopus-detector"
    files = {
        name.removeprefix("src/").replace("workloads/octopus-detector", workload, 1 if name.startswith("work") else 0)
        for name in tracked.stdout.splitlines()
        if (ROOT / name).is_file()
    }
    assert files <= shipped


def test_an_image_of_the_catalog_is_built_from_the_wheel(installed: Path, image_store: Layout, tmp_path: Path) -> None:
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    surroundings = _outside({**os.environ, "NAUTILOID_IMAGES": str(image_store.directory)})

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run(str(installed / "python"), "-c", "import nautiloid; print(nautiloid.__file__)")
    assert where.startswith(str(installed.parent))
    program = str(installed / "nautiloid")
    assert "pytorch" in run(program, "catalog")
    built = run(program, "build", "pytorch").splitlines()[-1]
    assert built == f"nautiloid/pytorch:latest@{image_store.resolve('nautiloid/pytorch:latest').digest}"
