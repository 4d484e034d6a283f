"""One call of pip, which believes that it runs where the image will run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from nautiloid.errors import NautiloidError
from nautiloid.factory.wheels.target import Target
from nautiloid.programs import announced


class ResolutionError(NautiloidError):
    """The index has no set of wheels that meets the requirements."""


class ConflictError(ResolutionError):
    """Two of the requirements, or what they need, exclude each other."""


@dataclass(frozen=True)
class PipAnswer:
    """What pip said.

    Attributes:
        failed: Whether it could not do what it was asked.
        output: Its standard output.
        errors: Its standard error.
    """

    failed: bool
    output: str
    errors: str


def call_pip(arguments: Sequence[str], target: Target) -> PipAnswer:
    """Run pip for a target, with the host's own configuration of pip."""
    command = [sys.executable, "-m", "nautiloid.factory.wheels.pip_for_target", target.full_version, target.machine]
    command += ["--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(announced(command), capture_output=True, text=True, errors="replace", check=False)
    return PipAnswer(done.returncode != 0, done.stdout, done.stderr)
