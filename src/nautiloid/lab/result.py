"""What the lab made and measured, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.inspection.comparison import Comparison
from nautiloid.inspection.inventory import Inspection
from nautiloid.lab.workload import Answer
from nautiloid.vulns.model import ScanResult


@dataclass(frozen=True)
class LabResult:
    """Everything the lab built and measured.

    Attributes:
        photos: Where the photos came from, in words.
        digest: The image's manifest digest.
        training_seconds: How long training took, as the workload measured it.
        accuracy: Share of the validation photos that are right, 0 to 1.
        comparison: The control, the hardened image, and the lab's; None where it was not wanted.
        scans: Of the same images, where there is an advisory database.
        seconds: How long this run of the lab took.
    """

    photos: str
    engine: str
    digest: str
    inspection: Inspection
    training_seconds: float
    accuracy: float
    answers: tuple[Answer, ...]
    comparison: Comparison | None
    scans: tuple[ScanResult, ...]
    seconds: float
