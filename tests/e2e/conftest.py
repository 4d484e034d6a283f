"""The end-to-end tests use the same engines as the integration tests, and Nautiloid as users install it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..integration.conftest import docker_daemon

__all__ = ["docker_daemon", "installed"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, install it into a new environment outside of the checkout, and return its directory of programs.

    Whoever runs programs from there has only what the wheel holds: catalog, workload, keys, templates, filters.
    """
    place = tmp_path_factory.mktemp("installed")

    def run(*command: str | Path) -> None:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr

    run(sys.executable, "-m", "build", "--wheel", "--outdir", place, ROOT)
    (wheel,) = place.glob("*.whl")
    run(sys.executable, "-m", "venv", place / "venv")
    run(place / "venv/bin/python", "-m", "pip", "install", "--quiet", wheel)
    return place / "venv/bin"
