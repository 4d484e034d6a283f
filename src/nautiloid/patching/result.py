"""What patching did, or would do, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.oci.model import Descriptor
from nautiloid.vulns.model import ScanResult


@dataclass(frozen=True)
class Patched:
    """A package that was replaced, or brought in because a fix needs it (then ``before`` is empty).

    Attributes:
        kind: ``deb`` or ``wheel``.
        kept: Configuration files that stay as somebody edited them.
    """

    kind: str
    name: str
    before: str
    after: str
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A source package or distribution that has a fix and stays as it is.

    Attributes:
        reasons: Each with the package that it is about.
    """

    kind: str
    name: str
    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Fixes:
    """What was put into the layer, what stays although it has a fix, and what a reader must know, in sentences."""

    patched: tuple[Patched, ...] = ()
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Fixes) -> Fixes:
        return Fixes(self.patched + other.patched, self.refused + other.refused, self.notes + other.notes)


@dataclass(frozen=True)
class PatchResult:
    """What patching did, or would do.

    Attributes:
        reference: What the new image is called, or would be.
        image: The new image; None where nothing was changed or nothing was to be written.
        size: Compressed bytes of the new layer.
        after: The new image's scan.
        notes: What a reader must know, in sentences.
    """

    reference: str
    patched: tuple[Patched, ...]
    refused: tuple[Refused, ...]
    before: ScanResult
    after: ScanResult | None = None
    image: Descriptor | None = None
    size: int = 0
    notes: tuple[str, ...] = ()
