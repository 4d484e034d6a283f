"""Which wheels an image needs, decided by pip's own resolver, and their files fetched by pip's own rules.

pip is asked, not imitated: it knows the host's indices, extra indices, find-links, proxies, certificates and
credentials. ``pip install --dry-run --report`` (PEP 508 requirements in, an installation report out) answers for the
*image's* platform and Python, whatever the host runs (see ``pip_for_target``); ``pip download`` brings the files.
"""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.factory.wheels.target import Target
from nautiloid.net.store import Store
from nautiloid.programs import announced
from nautiloid.progress import SILENT, Progress

_PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
_CAUSES = re.compile(r"^The conflict is caused by:\n((?:[ \t]+\S.*\n)+)", re.MULTILINE)
_NOT_OFFERED = re.compile(r"No matching distribution found for (\S+)")


class ResolutionError(NautiloidError):
    """The index has no set of wheels that meets the requirements."""


class ConflictError(ResolutionError):
    """Two of the requirements, or what they need, exclude each other."""


@dataclass(frozen=True)
class ResolvedWheel:
    """A wheel that the resolver chose; ``requires`` are its Requires-Dist lines."""

    name: str
    version: str
    filename: str
    sha256: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Bounds:
    """What an update may choose from.

    Attributes:
        constraints: PEP 508 requirements that hold for whatever is chosen; they bring nothing in themselves.
        uploaded_before: Only files that the index has had since then; None: any.
    """

    constraints: tuple[str, ...] = ()
    uploaded_before: datetime | None = None


UNBOUND = Bounds()


def resolve(
    requirements: Sequence[str],
    target: Target,
    never: Mapping[str, str],
    *,
    dependencies: bool = True,
    bounds: Bounds = UNBOUND,
) -> tuple[ResolvedWheel, ...]:
    """Ask pip for the wheels that meet ``requirements`` on ``target``, sorted by name.

    Args:
        requirements: PEP 508 requirements.
        target: The image's Python and platform.
        never: Names (globs) that must not be among them, and why.
        dependencies: Whether what the requirements depend on is wanted too.
        bounds: What may be chosen from.

    Raises:
        ConflictError: The requirements exclude each other.
        ResolutionError: pip finds no solution, or one that holds what ``never`` forbids.
    """
    with tempfile.TemporaryDirectory(prefix="nautiloid-resolve-") as scratch:
        report = Path(scratch) / "report.json"
        command = ["install", "--dry-run", "--ignore-installed", "--report", str(report)]
        command += [] if dependencies else ["--no-deps"]
        if bounds.constraints:
            constraints = Path(scratch) / "constraints.txt"
            constraints.write_text("\n".join(bounds.constraints) + "\n", encoding="utf-8")
            command += ["--constraint", str(constraints)]
        if bounds.uploaded_before is not None:
            command += ["--uploaded-prior-to", bounds.uploaded_before.isoformat()]
        try:
            _pip([*command, "--target", scratch, *target.pip_options(), "--", *requirements], target)
        except ResolutionError as error:
            raise type(error)(error.message, _elsewhere(error.message, target) or error.hint) from error
        answer = json.loads(report.read_text(encoding="utf-8"))
    wheels = sorted((_resolved(item) for item in answer["install"]), key=lambda wheel: wheel.name)
    _refuse_forbidden(wheels, never)
    return tuple(wheels)


def fetch_wheels(
    wheels: Iterable[ResolvedWheel | LockedWheel],
    target: Target,
    store: Store,
    progress: Progress = SILENT,
    *,
    offline: bool = False,
) -> tuple[LockedWheel, ...]:
    """Bring the wheels into the store, each checked against its hash, and return them locked.

    Raises:
        NautiloidError: A wheel cannot be had, or (``offline``) is not in the store.
        IntegrityError: A file that pip brought is not the one that was asked for.
    """
    wanted = list(wheels)
    missing = [wheel for wheel in wanted if store.get(wheel.sha256) is None]
    if missing and offline:
        names = ", ".join(wheel.filename for wheel in missing)
        raise NautiloidError(f"not in the cache: {names}", "Run once without --offline to download them.")
    if missing:
        _download(missing, target, store, progress)
    return tuple(_locked(wheel, store) for wheel in wanted)


def _download(missing: Sequence[ResolvedWheel | LockedWheel], target: Target, store: Store, progress: Progress) -> None:
    store.root.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="wheels-", dir=store.root) as scratch,
        progress.task("Fetch wheels", total=len(missing)) as task,
    ):
        for wheel in missing:
            pinned = Path(scratch) / "requirement.txt"
            pinned.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
            options = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", scratch]
            _pip([*options, *target.pip_options(), "--requirement", str(pinned)], target)
            brought = next(Path(scratch).glob("*.whl"), None)
            if brought is None:
                raise IntegrityError(f"pip brought no wheel for {wheel.name} {wheel.version}")
            store.adopt(brought, wheel.sha256)
            task.advance(1)


def _locked(wheel: ResolvedWheel | LockedWheel, store: Store) -> LockedWheel:
    size = store.path_of(wheel.sha256).stat().st_size
    return LockedWheel(name=wheel.name, version=wheel.version, filename=wheel.filename, size=size, sha256=wheel.sha256)


def _resolved(item: dict[str, object]) -> ResolvedWheel:
    metadata, download = item["metadata"], item["download_info"]
    assert isinstance(metadata, dict)  # noqa: S101 - the report's own schema (pip, "Installation Report")
    assert isinstance(download, dict)  # noqa: S101
    filename = unquote(urlsplit(download["url"]).path.rpartition("/")[2])
    sha256 = download.get("archive_info", {}).get("hashes", {}).get("sha256")
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise ResolutionError(f"the index offers {filename}, which is not a wheel") from error
    if not sha256:
        raise ResolutionError(f"the index gives no sha256 for {filename}", "Use an index that publishes hashes.")
    return ResolvedWheel(str(name), str(version), filename, sha256, tuple(metadata.get("requires_dist", ())))


def _refuse_forbidden(wheels: Sequence[ResolvedWheel], never: Mapping[str, str]) -> None:
    for pattern, because in never.items():
        found = [wheel.name for wheel in wheels if fnmatch.fnmatchcase(wheel.name, pattern)]
        if found:
            raise ResolutionError(
                f"the requirements bring in {', '.join(found)}, which the definition forbids: {because}",
                "If this is torch: pip's first index offers the CUDA build. Add PyTorch's CPU wheel index to pip's "
                "configuration as an extra index; pytorch.org names it under Get Started, Compute Platform: CPU.",
            )


def _elsewhere(message: str, target: Target) -> str:
    """Say where a package that is not offered for the target is offered, if it is."""
    missing = _NOT_OFFERED.search(message)
    if missing is None:
        return ""
    others = {
        f"Debian trixie, whose C library is newer (suite: trixie, python {target.python})": replace(
            target, suite="trixie", patch=""
        ),
        "Debian trixie with Python 3.13 (extends: python-trixie)": Target("3.13", target.architecture, "trixie"),
        "Debian bookworm with Python 3.11 (extends: python)": Target("3.11", target.architecture, "bookworm"),
        "amd64": replace(target, architecture="amd64"),
    }
    for where, other in others.items():
        if (other.python, other.suite, other.architecture) == (target.python, target.suite, target.architecture):
            continue
        if _is_offered(missing[1], other):
            return f"There is no wheel of {missing[1]} for this image, but there is one for {where}."
    pythons = [python for python in _PYTHONS if _is_offered(missing[1], replace(target, python=python, patch=""))]
    if pythons:
        return f"There are wheels of {missing[1]} for Python {', '.join(pythons)}, which no image has. Ask for another."
    return (
        f"No wheel of {missing[1]} was found for other images either. Check its name; if it comes as source only, make "
        "a wheel of it with 'pip wheel' and add its directory to pip's find-links."
    )


def _is_offered(requirement: str, target: Target) -> bool:
    """Tell whether the index has a wheel for a target, whatever that wheel depends on."""
    with tempfile.TemporaryDirectory(prefix="nautiloid-resolve-") as scratch:
        options = ["install", "--dry-run", "--ignore-installed", "--quiet", "--no-deps", "--target", scratch]
        try:
            _pip([*options, *target.pip_options(), "--", requirement], target)
        except ResolutionError:
            return False
        return True


def _pip(arguments: Sequence[str], target: Target) -> None:
    command = [sys.executable, "-m", "nautiloid.factory.wheels.pip_for_target", target.full_version, target.machine]
    command += ["--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(announced(command), capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    if causes := _CAUSES.search(done.stdout):
        said = "\n".join(f"  {line.strip()}" for line in causes[1].splitlines())
        raise ConflictError(
            f"the requirements exclude each other:\n{said}", "Ask for versions that go together in python.requirements."
        )
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-3:]
    said = "\n".join(f"  {line.removeprefix('ERROR: ')}" for line in lines)
    raise ResolutionError(
        f"pip could not meet the requirements:\n{said}",
        "Check the requirement's spelling and version, and pip's own configuration (pip config list).",
    )
