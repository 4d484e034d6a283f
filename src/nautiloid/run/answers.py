"""What some work answers in an image, and whether two images give the same answers."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile, Mount


class WorkError(NautiloidError):
    """The work does not do in an image what is asked of it."""


@dataclass(frozen=True)
class Answers:
    """What a run can be judged by.

    Attributes:
        stderr: For a person to read; two runs need not agree in it.
        outputs: sha256 of each file that it wrote, by relative path.
    """

    exit_code: int
    stdout: str
    stderr: str
    outputs: dict[str, str]


def ask(engine: Engine, profile: HardenedProfile) -> Answers:
    """Run the work with an output directory of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nautiloid-proof-") as scratch:
        fresh = Path(scratch) / "output"
        own = replace(profile, output=Mount(fresh, profile.output.target)) if profile.output else profile
        done = engine.run_captured(own)
        outputs = {
            path.relative_to(fresh).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(fresh.rglob("*"))
            if path.is_file()
        }
        return Answers(done.exit_code, done.stdout, done.stderr, outputs)


def differences(before: Answers, after: Answers) -> Iterator[str]:
    """Say where the answers differ."""
    if before.exit_code != after.exit_code:
        last = "; ".join(after.stderr.strip().splitlines()[-2:])
        yield f"it ends with {after.exit_code} instead of {before.exit_code}{f' ({last})' if last else ''}"
    if before.stdout != after.stdout:
        yield "it prints something else"
    for path in sorted(before.outputs.keys() | after.outputs.keys()):
        if before.outputs.get(path) != after.outputs.get(path):
            yield f"it writes another {path}" if path in after.outputs else f"it does not write {path}"
