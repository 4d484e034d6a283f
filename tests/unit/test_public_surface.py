"""The names that other programs may rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nautiloid


def test_every_public_name_is_there_and_says_what_it_is_for() -> None:
    for name in set(nautiloid.__all__) - {"__version__"}:
        assert getattr(nautiloid, name).__doc__, name
    assert set(nautiloid.__all__) == set(dir(nautiloid))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = nautiloid.nothing


def test_whoever_imports_nautiloid_waits_for_nothing_yet() -> None:
    code = "import sys, nautiloid; print([name for name in sys.modules if name.startswith('nautiloid.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['nautiloid.version']"


def test_a_name_stays_a_function_whatever_was_imported(tmp_path: Path) -> None:
    for name in ("inspect", "build", "scan", "patch", "test", "compare"):
        assert callable(getattr(nautiloid, name)), name
    workspace = nautiloid.Workspace.at(str(tmp_path / "images"), tmp_path / "cache")
    with pytest.raises(nautiloid.NautiloidError):
        nautiloid.inspect("nobody/here", workspace)


def test_texts_will_do_where_paths_and_platforms_are_wanted(tmp_path: Path) -> None:
    workspace = nautiloid.Workspace.at(str(tmp_path / "images"), str(tmp_path / "cache"))
    for choice in (nautiloid.ImageChoice.of("linux/arm64"), nautiloid.ImageChoice.of(ca_files=[str(tmp_path / "ca")])):
        with pytest.raises(nautiloid.NautiloidError):
            nautiloid.inspect("nobody/here", workspace, choice)
    with pytest.raises(nautiloid.NautiloidError, match="database"):
        nautiloid.scan("nobody/here", workspace, database=str(tmp_path / "none.db"))
    with pytest.raises(nautiloid.NautiloidError):
        nautiloid.Criteria.read(vex=[str(tmp_path / "none.json")])
