"""Slim: trace the work, and propose rules for what it does not use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.run.answers import Answers, WorkError, ask
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.selftest.runner import run_selftest
from nautiloid.slimming.proposing import Removable, propose_removals
from nautiloid.trace.engine import tracing_engine
from nautiloid.workflows.build import build_locked
from nautiloid.workflows.locking import Pinned, lock_places
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class SlimOrder:
    """What to slim, and the work that must stay possible.

    Attributes:
        definition: What the user typed.
        args: The work, behind the image's entry point.
        mounts: ``HOST:CONTAINER``, what the work may read.
        output: Where in the container it writes what it makes; None: nowhere.
        smallest: Bytes below which a removal is not worth a line.
        destination: Where the slimmed definition goes; None: nowhere.
        lock: Where the definition's lock lies; None: the usual place.
        outside: What the definition may take beside what lies in its directory.
        locked: Take the lock as it is, and refuse one that is not up to date.
        workdir: Where in the container the work starts; None: where the image says.
    """

    definition: str
    args: tuple[str, ...]
    mounts: tuple[str, ...] = ()
    output: str | None = None
    smallest: int = 100_000
    destination: Path | None = None
    lock: Path | None = None
    outside: tuple[Path, ...] = ()
    locked: bool = False
    workdir: PurePosixPath | None = None


@dataclass(frozen=True)
class Traced:
    """What a trace has shown.

    Attributes:
        removable: What can go.
        paths: How many paths were seen.
        answers: Of the work, while it was traced.
    """

    removable: Removable
    paths: int
    answers: Answers


@dataclass(frozen=True)
class Slimming:
    """Slimming one image: where it lies, and the way to downloads."""

    order: SlimOrder
    pinned: Pinned
    workspace: Workspace
    fetcher: Fetcher

    @property
    def site(self) -> str:
        """The image's site-packages directory, without leading slash."""
        return self.pinned.loaded.definition.site_packages

    @cached_property
    def profile(self) -> HardenedProfile:
        """The work in the full image."""
        output = self.order.output
        return HardenedProfile(
            f"{CATALOG_PREFIX}{self.pinned.loaded.definition.name}:latest",
            self.order.args,
            mounts=tuple(Mount.parse(text) for text in self.order.mounts),
            output=Mount.parse(f"/nonexistent:{output}") if output else None,
            user=User.default(),
            workdir=self.order.workdir,
        )

    def trace(self) -> Traced:
        """Run the self-test and the work in the image, which is built when it is not there, and see what neither used.

        Raises:
            WorkError: The self-test or the work fails in the full image.
            EngineError: Nothing can be traced here.
        """
        engine = tracing_engine(self.workspace.images, self.workspace.cache)
        build_locked([self.pinned], self.profile.image, self.workspace, self.fetcher, test=False)
        self.must_pass(self.profile.image, engine, "The image")
        with self.workspace.progress.task("Trace the work"):
            answers = ask(engine, self.profile)
        if answers.exit_code:
            raise WorkError(f"The work ends with {answers.exit_code}:\n{answers.stderr.strip()[-1500:]}")
        used = {use.path for use in engine.uses}
        removable = propose_removals(
            self.pinned.loaded, self.pinned.lock, used, self.fetcher, self.workspace.cache, self.order.smallest
        )
        return Traced(removable, len(engine.uses), answers)

    def must_pass(self, name: str, engine: Engine, called: str) -> None:
        """Run an image's self-test.

        Raises:
            WorkError: A check fails.
        """
        report = run_selftest(name, self.workspace.images, engine, self.workspace.progress)
        if report.failures:
            failed = "\n".join(f"  {item.name}: {item.detail}" for item in report.failures)
            raise WorkError(f"{called} fails its self-test:\n{failed}")


@contextmanager
def open_slimming(order: SlimOrder, workspace: Workspace) -> Iterator[Slimming]:
    """Lend what it takes to slim an image; its lock is brought up to date first.

    Raises:
        UsageError: There is no such definition, or a file where the slimmed one shall go.
    """
    if order.destination is not None and order.destination.exists():
        raise UsageError(f"{order.destination} is there already.", "Name another file, or remove it.")
    (place,) = lock_places(order.definition, None, order.lock, order.outside)
    with workspace.fetching() as fetcher:
        yield Slimming(order, place.pinned(fetcher, locked=order.locked), workspace, fetcher)
