"""``nautiloid up``: a project that nobody has prepared, in a real container; then again, and again after an edit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout

pytestmark = [
    pytest.mark.engine,
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]

MAIN = """\
import sys

if __name__ == "__main__":
    print("first", sys.argv[1:])
    raise SystemExit(len(sys.argv) - 1)
"""


def _up(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NAUTILOID_ENGINE": "bubblewrap"}
    command = [sys.executable, "-m", "nautiloid", "up", *words]
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=300
    )  # fmt: skip


@pytest.fixture(scope="module")
def project(image_store: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one script, brought up once."""
    place = tmp_path_factory.mktemp("projects") / "greeter"
    place.mkdir()
    (place / "main.py").write_text(MAIN)
    done = _up(place)
    assert (done.returncode, done.stdout) == (0, "first []\n"), done.stderr
    for step in ("Wrote nautiloid.yaml: greeter", "Locked greeter: ", "Self-test: passed", "nautiloid/greeter:latest@"):
        assert done.stderr.count(step) == 1, done.stderr
    return place


def test_what_is_done_is_not_done_again(project: Path) -> None:
    done = _up(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "first []\n", "")


def test_the_program_gets_what_follows_the_dashes_and_its_exit_code_counts(project: Path) -> None:
    done = _up(project, "--", "--help", "--", "b")
    assert (done.returncode, done.stdout) == (3, "first ['--help', '--', 'b']\n")


def test_an_edit_is_locked_and_built_but_not_with_locked(project: Path, tmp_path: Path) -> None:
    place = tmp_path / "greeter"
    shutil.copytree(project, place)
    (place / "main.py").write_text(MAIN.replace("first", "second"))
    refused = _up(place, "--locked")
    assert (refused.returncode, "file /app/main.py: edited" in refused.stderr) == (1, True)
    done = _up(place)
    assert (done.returncode, done.stdout) == (0, "second []\n")
    assert "Locked greeter anew, since it was edited" in done.stderr
    assert "Read the Debian archive" not in done.stderr


def test_in_the_background(project: Path) -> None:
    name = f"up-{os.getpid()}"
    done = _up(project, "--detach", "--rm", "--name", name)
    assert (done.returncode, done.stdout) == (0, f"{name}\n"), done.stderr


def test_no_directory_and_no_project_are_said(tmp_path: Path) -> None:
    missing = _up(tmp_path, "nowhere")
    assert (missing.returncode, "there is no directory nowhere" in missing.stderr) == (2, True)
    empty = _up(tmp_path)
    assert empty.returncode in (1, 2)
    assert "Traceback" not in empty.stderr
    assert list(tmp_path.iterdir()) == []
