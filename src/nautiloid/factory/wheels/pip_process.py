"""pip in a process of its own, for the image's platform and with the definition's indexes; and why it failed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.factory.wheels.routes import Routes
from nautiloid.factory.wheels.target import Target
from nautiloid.programs import announced, without_credentials

NOT_OFFERED = re.compile(r"No matching distribution found for (\S+)")
"""How pip says that no index has a suitable file."""

_CHECK = "Check the requirement's spelling and version, and pip's own configuration (pip config list)."
_HINTS = {
    "is offered by more than one index": "Say which one owns it: name it under 'packages' of that index "
    "(python: indexes:). With 'default: true', an index stands in for the host's own.",
    "cannot tell what it offers": "Check its address, and your credentials for it (~/.netrc, or a variable "
    "NAUTILOID_INDEX_<NAME> with the address to use); or name what it owns: it is asked for nothing else then.",
}


class ResolutionError(NautiloidError):
    """The index has no set of wheels that meets the requirements."""


def run_pip(arguments: Sequence[str], target: Target, routes: Routes) -> Mapping[str, str]:
    """Run pip for a target.

    Args:
        arguments: A command of pip's, or ``source`` (see ``pip_source``), with its options.
        target: The image's Python and platform.
        routes: Where distributions may come from.

    Returns:
        The index of each distribution that was looked for, by canonical name; nothing without routes.

    Raises:
        ResolutionError: pip failed; the message is what it said.
    """
    with tempfile.TemporaryDirectory(prefix="nautiloid-pip-") as scratch:
        plan = Path(scratch) / "routes.json"
        if routes:
            routes.write(plan)
        command = [sys.executable, "-m", "nautiloid.factory.wheels.pip_for_target", target.full_version, target.machine]
        command += [str(plan) if routes else "-", arguments[0], "--disable-pip-version-check", "--no-input"]
        command += arguments[1:]
        done = subprocess.run(announced(command), capture_output=True, text=True, check=False)
        if done.returncode:
            raise _failure(done.stderr)
        return dict(json.loads(plan.with_suffix(".chosen").read_text(encoding="utf-8"))) if routes else {}


def _failure(stderr: str) -> ResolutionError:
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")] or stderr.splitlines()[-3:]
    said = "\n".join(f"  {without_credentials(line.removeprefix('ERROR: '))}" for line in lines)
    hint = next((hint for sign, hint in _HINTS.items() if sign in said), _CHECK)
    return ResolutionError(f"pip could not meet the requirements:\n{said}", hint)
