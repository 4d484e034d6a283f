"""Run work in the hardened container, and see which files of the image it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nautiloid.inspection.image import inspect_image
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import rootfs_path
from nautiloid.run.answers import WorkError, ask
from nautiloid.run.profile import HardenedProfile, Mount, User, tmpfs_of
from nautiloid.trace.engine import tracing_engine
from nautiloid.trace.files import FileIdentity, ImageFiles
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class Work:
    """What is run.

    Attributes:
        image: What the user typed for it.
        args: Behind the image's entry point.
        mounts: What it may read.
        output: Where in the container it writes what it makes; None: nowhere.
    """

    image: str
    args: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    output: Path | None = None

    def profile(self, image: str, labels: Mapping[str, str]) -> HardenedProfile:
        """Return the hardened run of this work."""
        return HardenedProfile(
            image,
            self.args,
            mounts=self.mounts,
            output=Mount.parse(f"/nonexistent:{self.output}") if self.output else None,
            user=User.default(),
            tmpfs=tmpfs_of(labels),
        )


@dataclass(frozen=True)
class TracedWork:
    """Work that was run to its end, with exit code 0.

    Attributes:
        inspection: Of the image.
        files: The image's files.
        opened: Those that were opened or executed, each with a path under which it was.
    """

    inspection: Inspection
    files: ImageFiles
    opened: Mapping[FileIdentity, str]


def trace(work: Work, workspace: Workspace) -> TracedWork:
    """Run the work under a trace.

    Raises:
        EngineError: Nothing can be traced here.
        WorkError: The work fails, which proves nothing.
    """
    store, progress = workspace.images, workspace.progress
    engine = tracing_engine(store, workspace.cache)
    ready = engine.make_ready(work.image, store, progress)
    with progress.task("Trace the work"):
        answers = ask(engine, work.profile(ready.name, ready.labels))
    if answers.exit_code:
        raise WorkError(f"The work ends with {answers.exit_code}, which proves nothing:\n{answers.stderr[-1500:]}")
    with open_image(ready.name, store) as source:
        inspection = inspect_image(source, work.image, progress)
        files = ImageFiles(rootfs_path(source.image, workspace.cache))
    return TracedWork(inspection, files, files.opened(engine.uses))
