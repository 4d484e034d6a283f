"""One call of pip, which believes that it runs where the image will run, and knows the definition's indexes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.factory.wheels.routes import CHOSEN, NO_ROUTES, Routes
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
        chosen: The index of each distribution that was found, by canonical name; nothing without routes.
    """

    failed: bool
    output: str
    errors: str
    chosen: Mapping[str, str]


def call_pip(arguments: Sequence[str], target: Target, routes: Routes = NO_ROUTES) -> PipAnswer:
    """Run pip for a target, with the host's own configuration of pip.

    Args:
        arguments: A command of pip's, or ``source`` (see ``pip_source``), with its options.
        target: The image's Python and platform.
        routes: Where distributions may come from.

    Raises:
        UsageError: A variable names no address of an index.
    """
    with tempfile.TemporaryDirectory(prefix="nautiloid-pip-") as scratch:
        plan = Path(scratch) / "routes.json"
        if routes:
            routes.write(plan)
        command = [sys.executable, "-m", "nautiloid.factory.wheels.pip_for_target", target.full_version, target.machine]
        command += [str(plan) if routes else "-", arguments[0], "--disable-pip-version-check", "--no-input"]
        command += arguments[1:]
        done = subprocess.run(announced(command), capture_output=True, text=True, errors="replace", check=False)
        chosen = plan.with_suffix(CHOSEN)
        found = json.loads(chosen.read_text(encoding="utf-8")) if done.returncode == 0 and routes else {}
        return PipAnswer(done.returncode != 0, done.stdout, done.stderr, found)
