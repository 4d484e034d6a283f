"""The lab's claim, measured: the hardened images against the control, by one scanner in one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautiloid.inspection.cache import inspect_once
from nautiloid.inspection.comparison import Comparison, compare
from nautiloid.inspection.inventory import Inspection
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.oci.source import open_image
from nautiloid.run.engine import Engine
from nautiloid.workflows.build import build_locked
from nautiloid.workflows.locking import lock_places
from nautiloid.workflows.workspace import Workspace

CONTROL, HARDENED = "control-pytorch", "pytorch"


@dataclass(frozen=True)
class Measuring:
    """Builds what is to be compared, and compares it.

    Attributes:
        work: Where the locks go.
        locked: Take the locks as they are, and refuse those that are not up to date.
    """

    work: Path
    workspace: Workspace
    fetcher: Fetcher
    locked: bool = False

    def built(self, name: str, engine: Engine | None = None) -> str:
        """Build a catalog image, and return its digest.

        Args:
            name: Of the catalog.
            engine: What it must pass its self-test in; None owes none, as an image that is only looked at.
        """
        reference = f"{CATALOG_PREFIX}{name}:latest"
        (place,) = lock_places(name, None, self.work / f"{name}.lock")
        pinned = [place.pinned(self.fetcher, locked=self.locked)]
        made = build_locked(
            pinned, reference, self.workspace, self.fetcher, test=engine is not None, engine=engine
        )  # fmt: skip
        return made.images[0].digest

    def compare(self, *further: str) -> Comparison:
        """Compare the hardened image, and further ones that are built already, with the control.

        Raises:
            NautiloidError: An image cannot be built or read.
        """
        for name in (CONTROL, HARDENED):
            self.built(name)
        names = [*(f"{CATALOG_PREFIX}{name}:latest" for name in (CONTROL, HARDENED)), *further]
        return compare([self.inspect(name) for name in names])

    def inspect(self, name: str) -> Inspection:
        """Inspect an image of the store; tables call it by its short name."""
        short = name.removeprefix(CATALOG_PREFIX).removesuffix(":latest")
        with open_image(name, self.workspace.images) as source:
            return inspect_once(source, short, self.workspace.cache, self.workspace.progress)
