"""The end-to-end tests use the same engines as the integration tests, and Nautiloid as users install it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..integration.conftest import docker_daemon

__all__ = ["docker_daemon", "installed"]

ROOT = Path(__file__).parents[2]


def _run(place: Path, *command: str | Path) -> None:
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout."""
    place = tmp_path_factory.mktemp("wheel")
    _run(place, sys.executable, "-m", "build", "--wheel", "--outdir", place, ROOT)
    (made,) = place.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a new environment outside of the checkout, and return its directory of programs.

    Whoever runs programs from there has only what the wheel holds: catalog, workload, keys, templates, filters.
    """
    place = tmp_path_factory.mktemp("installed")
    _run(place, sys.executable, "-m", "venv", place / "venv")
    _run(place, place / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel)
    return place / "venv/bin"
