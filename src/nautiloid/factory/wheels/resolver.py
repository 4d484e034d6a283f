"""Which wheels an image needs, decided by pip's own resolver, and their files fetched by pip's own rules.

pip is asked, not imitated: it knows the host's indices, extra indices, find-links, proxies, certificates and
credentials. ``pip install --dry-run --report`` (PEP 508 requirements in, an installation report out) answers for the
*image's* platform and Python, whatever the host runs (see ``pip_for_target``); ``pip download`` brings the files.
"""

from __future__ import annotations

import fnmatch
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.factory.wheels.pip_call import ConflictError, ResolutionError, call_pip
from nautiloid.factory.wheels.refusals import refusal
from nautiloid.factory.wheels.routes import NO_ROUTES, Routes
from nautiloid.factory.wheels.target import Target
from nautiloid.net.store import Store
from nautiloid.progress import SILENT, Progress

__all__ = ["UNBOUND", "Bounds", "ConflictError", "ResolutionError", "ResolvedWheel", "fetch_wheels", "resolve"]


@dataclass(frozen=True)
class ResolvedWheel:
    """A wheel that the resolver chose.

    Attributes:
        requires: Its Requires-Dist lines.
        withdrawn: Whether its authors have withdrawn ("yanked", PEP 592) it since.
        index: The definition's name of the index that has it; empty: one that pip is configured with.
    """

    name: str
    version: str
    filename: str
    sha256: str
    requires: tuple[str, ...]
    withdrawn: bool = False
    index: str = ""


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
    routes: Routes = NO_ROUTES,
) -> tuple[ResolvedWheel, ...]:
    """Ask pip for the wheels that meet ``requirements`` on ``target``, sorted by name.

    Args:
        requirements: PEP 508 requirements.
        target: The image's Python and platform.
        never: Names (globs) that must not be among them, and why.
        dependencies: Whether what the requirements depend on is wanted too.
        bounds: What may be chosen from.
        routes: Where each distribution may come from.

    Raises:
        ConflictError: The requirements exclude each other.
        ResolutionError: pip finds no solution, or one that holds what ``never`` forbids; or two indexes offer one name.
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
        done = call_pip([*command, "--target", scratch, *target.pip_options(), "--", *requirements], target, routes)
        if done.failed:
            # Where versions are held, another attempt follows that holds none.
            raise refusal(done, target, routes, closely=not bounds.constraints)
        answer = json.loads(report.read_text(encoding="utf-8"))
    wheels = sorted((_resolved(item, done.chosen) for item in answer["install"]), key=lambda wheel: wheel.name)
    _refuse_forbidden(wheels, never)
    return tuple(wheels)


def fetch_wheels(
    wheels: Iterable[ResolvedWheel | LockedWheel],
    target: Target,
    store: Store,
    progress: Progress = SILENT,
    *,
    offline: bool = False,
    routes: Routes = NO_ROUTES,
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
        pinned = routes.pinned({wheel.name: wheel.index for wheel in missing})
        _download(missing, target, store, progress, pinned)
    return tuple(_locked(wheel, store) for wheel in wanted)


def _download(
    missing: Sequence[ResolvedWheel | LockedWheel], target: Target, store: Store, progress: Progress, routes: Routes
) -> None:
    store.root.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="wheels-", dir=store.root) as scratch,
        progress.task("Fetch wheels", total=len(missing)) as task,
    ):
        for wheel in missing:
            pinned = Path(scratch) / "requirement.txt"
            pinned.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
            options = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", scratch]
            answer = call_pip([*options, *target.pip_options(), "--requirement", str(pinned)], target, routes)
            if answer.failed:
                raise refusal(answer, target, routes)
            brought = next(Path(scratch).glob("*.whl"), None)
            if brought is None:
                raise IntegrityError(f"pip brought no wheel for {wheel.name} {wheel.version}")
            store.adopt(brought, wheel.sha256)
            task.advance(1)


def _locked(wheel: ResolvedWheel | LockedWheel, store: Store) -> LockedWheel:
    size = store.path_of(wheel.sha256).stat().st_size
    return LockedWheel(
        name=wheel.name,
        version=wheel.version,
        filename=wheel.filename,
        size=size,
        sha256=wheel.sha256,
        index=wheel.index,
    )


def _resolved(item: dict[str, object], chosen: Mapping[str, str]) -> ResolvedWheel:
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
    requires = tuple(metadata.get("requires_dist", ()))
    return ResolvedWheel(
        str(name),
        str(version),
        filename,
        sha256,
        requires,
        withdrawn=item.get("is_yanked") is True,
        index=chosen.get(str(name), ""),
    )


def _refuse_forbidden(wheels: Sequence[ResolvedWheel], never: Mapping[str, str]) -> None:
    for pattern, because in never.items():
        found = [wheel.name for wheel in wheels if fnmatch.fnmatchcase(wheel.name, pattern)]
        if found:
            raise ResolutionError(
                f"the requirements bring in {', '.join(found)}, which the definition forbids: {because}",
                "If this is torch: pip's first index offers the CUDA build. Add PyTorch's CPU wheel index to pip's "
                "configuration as an extra index; pytorch.org names it under Get Started, Compute Platform: CPU.",
            )
