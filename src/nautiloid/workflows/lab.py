"""The lab from end to end: photos, lock, build, train in the image, classify in it, and say what came out.

Every step is skipped when its result is there and was made from the same inputs, so the second run takes seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from nautiloid.inspection.comparison import Comparison
from nautiloid.lab.photos import find_photos
from nautiloid.lab.result import LabResult
from nautiloid.lab.workload import IMAGE, Workload
from nautiloid.net.fetch import Fetcher
from nautiloid.run.engine import Engine
from nautiloid.vulns.model import ScanResult
from nautiloid.workflows.assess import Criteria
from nautiloid.workflows.measuring import Measuring
from nautiloid.workflows.scan import scan_inspections
from nautiloid.workflows.workspace import Workspace

REFERENCE = f"nautiloid/{IMAGE}:latest"


@dataclass(frozen=True)
class Lab:
    """The lab's surroundings.

    Attributes:
        work: Where its results go: the lock, the learner's folder, the report.
        criteria: What findings are held against.
        database: The advisories; None is the usual database, where there is one.
        locked: Take the locks as they are, and refuse those that are not up to date.
    """

    work: Path
    workspace: Workspace
    engine: Engine
    fetcher: Fetcher
    criteria: Criteria = field(default_factory=Criteria)
    database: Path | None = None
    locked: bool = False

    def run(self, data: Path | None = None, *, compare: bool = True) -> LabResult:
        """Do everything that is not done yet.

        Args:
            data: The user's own photos; see ``find_photos``.
            compare: Whether to build the control and compare.

        Raises:
            NautiloidError: A step failed; what earlier steps made stays and is used next time.
        """
        started = time.monotonic()
        measuring = Measuring(self.work, self.workspace, self.fetcher, self.locked)
        found = find_photos(data, self.workspace.cache, self.fetcher)
        digest = measuring.built(IMAGE, self.engine)
        ready = self.engine.make_ready(REFERENCE, self.workspace.images, self.workspace.progress)
        workload = Workload(self.work, self.engine, ready, self.workspace.progress)
        photos = found or workload.draw()
        folder = workload.lay_out(photos)
        metrics = workload.train(folder, f"{digest} {photos.directory}")
        answers = workload.classify(folder)
        comparison = measuring.compare(REFERENCE) if compare else None
        return LabResult(
            photos=photos.origin,
            engine=self.engine.name,
            digest=digest,
            inspection=measuring.inspect(REFERENCE),
            training_seconds=metrics["seconds"],
            accuracy=metrics["accuracy"],
            answers=answers,
            comparison=comparison,
            scans=self._scans(comparison),
            seconds=time.monotonic() - started,
        )

    def _scans(self, comparison: Comparison | None) -> tuple[ScanResult, ...]:
        if comparison is None:
            return ()
        return scan_inspections(comparison.images, self.workspace, self.criteria, self.database)
