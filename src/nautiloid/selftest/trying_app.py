"""The checks of a self-test that know the app: its requirements, its own modules, and what it starts."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nautiloid.errors import NautiloidError
from nautiloid.factory.app import App
from nautiloid.factory.self_test import Probe
from nautiloid.run.engine import Engine, ReadyImage
from nautiloid.run.profile import NONROOT, HardenedProfile, Mount, User, tmpfs_of
from nautiloid.selftest import inside_app, inside_probe
from nautiloid.selftest.plan import TestPlan
from nautiloid.selftest.report import Outcome
from nautiloid.selftest.starting import PYTHON

_ONE_IMPORT = 60.0  # seconds
_ALL_IMPORTS = 600.0
_ORDER = PurePosixPath("/nautiloid-order.json")
_GARBLED = "what the container answered makes no sense"
_TO_SPARE = 60.0  # to start the container, and to end what the probe started


@dataclass(frozen=True)
class _Driver:
    """A program of ours that runs inside, and what its answer begins with."""

    file: str
    last: str


_IMPORTS = _Driver("inside_app.py", inside_app.LAST)
_PROBE = _Driver("inside_probe.py", inside_probe.LAST)


@dataclass(frozen=True)
class AppTrial:
    """What became of the checks of an app.

    Attributes:
        remarks: What was left untried, and why.
    """

    outcomes: tuple[Outcome, ...] = ()
    remarks: tuple[str, ...] = ()


def try_app(engine: Engine, ready: ReadyImage, plan: TestPlan) -> AppTrial:
    """Start an image hardened, import what its app is made of, and start its program as far as the probe says.

    Args:
        engine: Runs it.
        ready: The image.
        plan: What its definition adds to the catalog; where that is nothing and nobody declared a probe, there is
            nothing to do.
    """
    imported = _import(engine, ready, plan, plan.app) if plan.app is not None else AppTrial()
    if plan.probe is None:
        untried = ("not started: its program; say under test.probe how",) if plan.app is not None else ()
        return AppTrial(imported.outcomes, (*imported.remarks, *untried))
    return AppTrial((*imported.outcomes, _start(engine, ready, plan, plan.probe)), imported.remarks)


def _import(engine: Engine, ready: ReadyImage, plan: TestPlan, app: App) -> AppTrial:
    names = dict.fromkeys(canonicalize_name(Requirement(text).name) for text in app.requirements)
    order = {
        "requirements": list(names),
        "modules": app.modules,
        "program": (*plan.entrypoint, *plan.command),
        "skip": list(plan.skip),
        "seconds": _ONE_IMPORT,
        "all_seconds": _ALL_IMPORTS,
    }
    with tempfile.TemporaryDirectory(prefix="nautiloid-test-") as scratch:
        # A file: an app may have more modules than a command line may have bytes.
        file = Path(scratch) / "order.json"
        file.write_text(json.dumps(order), encoding="utf-8")
        file.chmod(0o644)
        answer = _ask(engine, ready, _IMPORTS, str(_ORDER), _ALL_IMPORTS, (Mount(file, _ORDER),))
    if isinstance(answer, str):
        return AppTrial((Outcome("app", "its modules can be imported", False, answer),))
    try:
        tried = tuple(_outcome(outcome) for outcome in answer["outcomes"])
        met = tuple(_met(app.requirements, answer["installed"], answer["markers"]))
        programs = [str(path) for path in answer["programs"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        return AppTrial((Outcome("app", "its modules can be imported", False, _GARBLED),))
    return AppTrial((*met, *tried), tuple(_remarks(plan, programs)))


def _start(engine: Engine, ready: ReadyImage, plan: TestPlan, probe: Probe) -> Outcome:
    arguments = plan.command if probe.arguments is None else probe.arguments
    words = probe.command or (*plan.entrypoint, *arguments)
    order = json.dumps({**probe.model_dump(mode="json"), "program": words})
    answer = _ask(engine, ready, _PROBE, order, probe.seconds)
    if isinstance(answer, str):
        return Outcome("probe", "its program can be started", False, answer)
    try:
        return _outcome(answer)
    except (TypeError, ValueError):
        return Outcome("probe", "its program can be started", False, _GARBLED)


def _ask(
    engine: Engine, ready: ReadyImage, driver: _Driver, order: str, seconds: float, mounts: tuple[Mount, ...] = ()
) -> dict[str, Any] | str:
    """Run a program of ours in the container and return what it answers, or why it does not."""
    code = resources.files("nautiloid.selftest").joinpath(driver.file).read_text(encoding="utf-8")
    profile = HardenedProfile(
        ready.name,
        ("-c", code, order),
        mounts=mounts,
        user=User(NONROOT, NONROOT),
        tmpfs=tmpfs_of(ready.labels),
        entrypoint=(PYTHON,),
    )
    try:
        done = engine.run_captured(profile, timeout=seconds + _TO_SPARE)
    except NautiloidError as error:
        return str(error)
    line = next((text for text in done.stdout.splitlines() if text.startswith(driver.last)), "")
    try:
        answer = json.loads(line.removeprefix(driver.last))
    except ValueError:
        said = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        return f"ended with {done.exit_code}: {said}"
    return answer if isinstance(answer, dict) else _GARBLED


def _outcome(answer: Any) -> Outcome:
    """Return a check as the container reports it; raises TypeError for what is none."""
    outcome = Outcome(**answer)
    texts = (outcome.group, outcome.name, outcome.detail)
    if not (all(isinstance(text, str) for text in texts) and isinstance(outcome.passed, bool)):
        raise TypeError
    return replace(outcome, seconds=float(outcome.seconds))


def _met(
    requirements: Sequence[str], installed: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[Outcome]:
    """Hold what is installed against what was asked for, as far as it applies in the image."""
    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({**environment, "extra": ""}):
            continue
        found = installed.get(canonicalize_name(requirement.name))
        detail = "" if found is not None else "it is not installed"
        if found is not None and not _admits(requirement, found):
            detail = f"the image has {requirement.name} {found}"
        yield Outcome("requirements", text, not detail, detail)


def _admits(requirement: Requirement, found: str) -> bool:
    try:
        return requirement.specifier.contains(Version(found), prereleases=True)
    except InvalidVersion:
        return not requirement.specifier


def _remarks(plan: TestPlan, programs: Sequence[str]) -> Iterator[str]:
    """Say what was not tried."""
    for name, because in plan.skip.items():
        yield f"not imported: {name} ({because})"
    if programs:
        yield f"imports tried, the rest not, for it works as soon as it is imported: {', '.join(programs)}"
