"""A few small packages of the compatibility table, so that it stays true; the whole of it is a benchmark."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources

SCRIPT = Path(__file__).parents[2] / "benchmarks/compatibility.py"
WORK = ("numpy", "pillow", "lxml", "duckdb", "tokenizers", "soundfile", "tiktoken", "fastapi", "ipykernel")

pytestmark = [
    pytest.mark.engine,
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


def _tried(records: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--only", ",".join(names), "--jobs", "2", "--records", str(records)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=800)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came of the small packages, and of one that has no wheel."""
    place = tmp_path_factory.mktemp("records")
    _tried(place, *WORK, "llama-cpp-python")
    return place


@pytest.mark.parametrize("name", WORK)
def test_a_small_package_works_as_any_user(records: Path, name: str) -> None:
    record = json.loads((records / f"alone-{name}.json").read_text())
    assert record["step"] == "done", record["said"]


def test_the_table_says_what_came_in_and_why_something_does_not_work(records: Path) -> None:
    done = _tried(records, "numpy", "llama-cpp-python")
    assert (done.returncode, done.stderr) == (1, "llama-cpp-python: lock, not tried again\n")
    assert "2 tried, 1 work; 1 of these need nothing but names in the definition." in done.stdout
    rows = {line.split(" ")[1]: line for line in done.stdout.splitlines() if line.startswith("| ")}
    assert "| libstdc++6 | libstdc++.so.6 (libstdc++6) |" in rows["numpy"]
    assert "it comes as source" in rows["llama-cpp-python"]
