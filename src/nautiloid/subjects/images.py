"""Inspected images, and what the factory's locks put into one, as something to scan."""

from __future__ import annotations

from collections.abc import Iterable

from nautiloid.factory.lockfile import Lock
from nautiloid.inspection.inventory import Inspection
from nautiloid.packages.component import Component
from nautiloid.sbom.from_lock import sbom_of_lock
from nautiloid.vulns.model import ScannedComponent, Subject


def subject_of_inspection(inspection: Inspection) -> Subject:
    """Return what an inspection found; what it could not read is said."""
    parts = _scanned(component for component in inspection.components if component.kind != "model")
    notes = tuple(f"could not read {skipped.where}: {skipped.reason}" for skipped in inspection.skipped)
    return Subject(inspection.name, parts, inspection.digest, inspection.distribution, notes)


def subject_of_lock(lock: Lock, name: str = "") -> Subject:
    """Return what a lock pins.

    Args:
        lock: The lock.
        name: What reports call it; by default the definition's name.
    """
    sbom = sbom_of_lock(lock, lock.definition.name, "")
    parts = _scanned(entry.component for entry in sbom.components)
    return Subject(name or lock.definition.name, parts, "", sbom.distribution)


def _scanned(components: Iterable[Component]) -> tuple[ScannedComponent, ...]:
    return tuple(
        ScannedComponent(one.name, one.version, one.purl, one.within, one.source, one.source_version)
        for one in components
    )
