"""Runs what the tutorials say: indented lines are shell commands, and a quoted line after them is what they print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautiloid.oci.layout import Layout

pytestmark = [pytest.mark.engine, pytest.mark.network]

TUTORIALS = Path(__file__).parents[2] / "docs/tutorial"


@dataclass(frozen=True)
class Step:
    """Some commands, and what the last of them prints at its end (``…`` stands for anything); None: not told."""

    commands: str
    printed: str | None


def steps_of(text: str) -> list[Step]:
    """Read a tutorial's steps, in order."""
    found: list[Step] = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("    "):
            found.append(Step("\n".join(line.strip() for line in block.splitlines()), None))
        elif block.startswith("> ") and found:
            found[-1] = Step(found[-1].commands, "\n".join(line[2:] for line in block.splitlines()))
    return found


def _matches(printed: str, expected: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.search(f"(^|\n){pattern}$", printed.strip()) is not None


@pytest.mark.parametrize("name", [path.name for path in sorted(TUTORIALS.glob("*.md"))])
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_the_tutorial_holds(name: str, image_store: Layout, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # pytest keeps it to its owner; the container's user must look in
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["NAUTILOID_ENGINE"] = "bubblewrap"
    steps = steps_of((TUTORIALS / name).read_text())
    assert steps
    for step in steps:
        done = subprocess.run(
            ["bash", "-e", "-c", step.commands],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{step.commands}\n{done.stderr}"
        if step.printed is not None:
            assert _matches(done.stdout, step.printed), f"{step.commands}\nprinted\n{done.stdout}"


def test_a_step_that_prints_something_else_is_noticed() -> None:
    assert _matches("first\nsha256:abc", "sha256:…")
    assert not _matches("first\nmd5:abc", "sha256:…")
    assert not _matches("penguin", "octopus")
