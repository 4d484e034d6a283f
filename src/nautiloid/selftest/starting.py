"""The checks of a self-test that run inside an image: started hardened, as one of several users."""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path, PurePosixPath

from nautiloid.errors import NautiloidError
from nautiloid.run.engine import Engine, ReadyImage
from nautiloid.run.profile import NONROOT, HardenedProfile, Mount, User, tmpfs_of
from nautiloid.run.supervise import RunTimeoutError
from nautiloid.selftest.inside import LAST
from nautiloid.selftest.plan import TestPlan
from nautiloid.selftest.report import Outcome

_ANYBODY = 12345
USERS = (NONROOT, _ANYBODY, 0)
"""The users that an image must work for: its own, one that it has never heard of, and root."""

_TIMEOUT = 600.0  # seconds; importing CUDA on a cold disk takes its time
_OUTPUT = PurePosixPath("/nautiloid-output")
PYTHON = "/usr/bin/python3"
"""What runs the checks."""


def run_as(user: int, engine: Engine, ready: ReadyImage, plan: TestPlan) -> list[Outcome]:
    """Start an image hardened and let it check itself.

    What the image is for is tried once, as the user that images have by default; the contract must hold for everybody.

    Args:
        user: The user and group that it runs as.
        engine: Runs it.
        ready: The image.
        plan: What to test in it.
    """
    if user != NONROOT:
        plan = TestPlan(shell=plan.shell)
    group = f"contract as {user}"
    with tempfile.TemporaryDirectory(prefix="nautiloid-test-") as scratch:
        output = Path(scratch) / "output"
        tmpfs = tmpfs_of(ready.labels)
        spec = {
            "imports": plan.imports,
            "steps": plan.steps,
            "user": (user, user),
            "scratch": [str(path) for path in tmpfs],
            "output": [str(_OUTPUT)],
            "shell": plan.shell,
        }
        driver = resources.files("nautiloid.selftest").joinpath("inside.py").read_text(encoding="utf-8")
        profile = HardenedProfile(
            ready.name,
            ("-c", driver, json.dumps(spec)),
            output=Mount(output, _OUTPUT),
            user=User(user, user),
            tmpfs=tmpfs,
            entrypoint=(PYTHON,),
        )
        try:
            done = engine.run_captured(profile, timeout=_TIMEOUT)
        except (NautiloidError, RunTimeoutError) as error:
            return [Outcome(group, "starts", False, str(error))]
        line = next((text for text in done.stdout.splitlines() if text.startswith(LAST)), "")
        if not line:
            said = (done.stderr or done.stdout).strip().splitlines()[-3:]
            return [Outcome(group, "starts", False, f"ended with {done.exit_code}: {' / '.join(said)}")]
        written = (output / "nautiloid-selftest").is_file()
        arrived = Outcome(group, "what it wrote arrived outside", written, "" if written else "the output is empty")
        return [*(Outcome(**outcome) for outcome in json.loads(line.removeprefix(LAST))), arrived]
