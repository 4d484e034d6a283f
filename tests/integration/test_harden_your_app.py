"""Does what the how-to "From your Dockerfile to a hardened image" says, on a copy of the example project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout

from ..e2e.test_tutorials import _matches, steps_of

pytestmark = [pytest.mark.engine, pytest.mark.network]

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs/how-to/harden-your-app.md"


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_how_to_holds(image_store: Layout, tmp_path: Path) -> None:
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    tmp_path.chmod(0o755)  # pytest keeps it to its owner; the container's user must look in
    project = tmp_path / "digits"
    shutil.copytree(ROOT / "examples/digits", project)
    environment = {**os.environ, "NAUTILOID_ENGINE": "bubblewrap"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    steps = steps_of(HOW_TO.read_text(encoding="utf-8"))
    assert len([step for step in steps if step.printed]) >= 4
    for step in steps:
        done = subprocess.run(
            ["bash", "-e", "-c", step.commands],
            cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{step.commands}\n{done.stderr}"
        if step.printed is not None:
            assert _matches(done.stdout, step.printed), f"{step.commands}\nprinted\n{done.stdout}"
    assert (project / "model/digits.pt").stat().st_size > 10_000
    assert "~ /app/train.py  content" in (project / "changes.txt").read_text()


def test_build_without_a_definition_here_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nautiloid", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nautiloid init" in done.stderr


def test_init_prints_or_writes_and_never_overwrites(tmp_path: Path) -> None:
    project = tmp_path / "digits"
    shutil.copytree(ROOT / "examples/digits", project)

    def init(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nautiloid", "init", str(project), *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    printed = init("--print")
    assert printed.returncode == 0, printed.stderr
    assert not (project / "nautiloid.yaml").exists()
    assert "train.py:27: writes digits.pt" in printed.stderr
    assert init().returncode == 0
    assert (project / "nautiloid.yaml").read_text() == printed.stdout
    refused = init()
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert init("--force").returncode == 0
