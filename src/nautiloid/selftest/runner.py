"""Run an image's self-test: look at its files, then start it hardened, as several users."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path, PurePosixPath

from nautiloid.errors import NautiloidError
from nautiloid.inspect.inspection import inspect_image
from nautiloid.inspect.inventory import Surface
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.source import open_image
from nautiloid.progress import SILENT, Progress
from nautiloid.run.engine import Engine, ReadyImage
from nautiloid.run.profile import NONROOT, HardenedProfile, Mount, User, tmpfs_of
from nautiloid.run.supervise import RunTimeoutError
from nautiloid.selftest.inside import LAST
from nautiloid.selftest.plan import TestPlan, read_plan
from nautiloid.selftest.report import Outcome, TestReport

_ANYBODY = 12345
_TIMEOUT = 600.0  # seconds; importing CUDA on a cold disk takes its time
_OUTPUT = PurePosixPath("/nautiloid-output")
_PYTHON = "usr/bin/python3"
_PACKAGE_MANAGERS = frozenset({"apt", "apt-get", "dpkg", "apk", "rpm", "dnf", "yum", "pip", "pip3", "conda"})


def run_selftest(name: str, store: Layout, engine: Engine | None, progress: Progress = SILENT) -> TestReport:
    """Test an image.

    Args:
        name: What the user typed for it.
        store: The local image store.
        engine: Runs it; None looks at the files only.
        progress: Hears of the steps.

    Raises:
        NautiloidError: There is no such image, or it cannot be read.
    """
    with open_image(name, store) as source:
        config = source.image.config
        plan = read_plan(config.labels)
        surface = inspect_image(source, name, progress).surface
    outcomes = list(_look(plan, surface))
    reason = _reason_not_to_run(engine, config.platform, surface)
    if reason or engine is None:
        return TestReport(name, "", tuple(outcomes), (reason,))
    ready = engine.make_ready(name, store, progress)
    with progress.task("Test the image", total=3) as task:
        for user in (NONROOT, _ANYBODY, 0):
            # What the image is for is tried once; the contract must hold for everybody.
            outcomes += _run(engine, ready, plan if user == NONROOT else TestPlan(shell=plan.shell), user)
            task.advance(1)
    return TestReport(name, engine.name, tuple(outcomes))


def _look(plan: TestPlan, surface: Surface) -> Iterator[Outcome]:
    """Judge by the files alone."""
    if not plan.setuid:
        yield _judged("no setuid or setgid file", surface.setuid)
    if not plan.shell:
        yield _judged("no shell", surface.shells)
        yield _judged("no package manager", surface.package_managers)


def _judged(name: str, found: tuple[str, ...]) -> Outcome:
    return Outcome("files", name, not found, ", ".join(f"/{path}" for path in found[:10]))


def _reason_not_to_run(engine: Engine | None, platform: Platform, surface: Surface) -> str:
    here = Platform.of_this_machine()
    if (platform.os, platform.architecture) != (here.os, here.architecture):
        return f"nothing was started: the image is for {platform}, and this machine is {here}"
    if engine is None:
        return "nothing was started: no container engine works here"
    if not any(file.path.startswith("usr/bin/python3") for file in surface.executables):
        return "nothing was started: the image has no Python to run the checks with"
    return ""


def _run(engine: Engine, ready: ReadyImage, plan: TestPlan, user: int) -> list[Outcome]:
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
            entrypoint=(f"/{_PYTHON}",),
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
