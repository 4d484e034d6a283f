"""Inspected images, and what the factory's locks put into one, as something to scan."""

from __future__ import annotations

from nautiloid.factory.lockfile import Lock
from nautiloid.inspection.inventory import Inspection
from nautiloid.packages.component import Component
from nautiloid.sbom.from_lock import sbom_of_lock
from nautiloid.vulns.model import ScannedComponent, Subject


def subject_of_inspection(inspection: Inspection) -> Subject:
    """Return what an inspection found; what it could not read is said."""
    layers = {layer.position: layer.diff_id for layer in inspection.layers}
    parts = tuple(
        _scanned(one, _file(one), layers.get(one.layer, "")) for one in inspection.components if one.kind != "model"
    )
    unread = tuple(f"could not read {skipped.where}: {skipped.reason}" for skipped in inspection.skipped)
    return Subject(inspection.name, parts, inspection.digest, inspection.distribution, unread=unread)


def subject_of_lock(lock: Lock, name: str = "") -> Subject:
    """Return what a lock pins.

    Args:
        lock: The lock.
        name: What reports call it; by default the definition's name.
    """
    sbom = sbom_of_lock(lock, lock.definition.name, "")
    parts = tuple(_scanned(entry.component, name) for entry in sbom.components)
    return Subject(name or lock.definition.name, parts, "", sbom.distribution if lock.debs else "")


def _scanned(one: Component, file: str, layer: str = "") -> ScannedComponent:
    return ScannedComponent(
        one.name, one.version, one.purl, one.within, one.source, one.source_version, file=file, layer=layer
    )


def _file(one: Component) -> str:
    """Return the file of the image that tells of a component: its record, or the first that belongs to it."""
    record = one.evidence.partition(": ")[0]
    if record.startswith("/"):
        return record
    return f"/{one.files[0]}" if one.files else ""
