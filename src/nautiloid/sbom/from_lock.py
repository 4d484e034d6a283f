"""The SBOM that the factory attaches: what the lock put into an image, with the hash of every input.

A build knows what nobody can find afterwards: which .deb and which wheel each package came from, which slim rule took
what away and why, and under which licence the weights are.
"""

from __future__ import annotations

from datetime import UTC

from nautiloid.factory.lockfile import Lock, LockedDeb, LockedWheel
from nautiloid.packages.component import Component, Found
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import debian_purl, pypi_purl
from nautiloid.packages.releases import CODENAMES
from nautiloid.sbom.model import Sbom, SbomComponent, SbomModel
from nautiloid.version import TOOL


def sbom_of_lock(lock: Lock, name: str, digest: str) -> Sbom:
    """Make the SBOM of an image from the lock that it was built from.

    Args:
        lock: The lock.
        name: What the image is called.
        digest: Of its manifest.
    """
    definition = lock.definition
    release = CODENAMES.get(definition.debian.suite, "")
    notes = {f"nautiloid:slim:{rule.name}": f"{rule.action}: {rule.because}" for rule in definition.slim}
    notes |= {f"nautiloid:dropped:{gone.name}": f"{gone.version}: {gone.because}" for gone in lock.dropped}
    return Sbom(
        name=name,
        digest=digest,
        created=lock.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        platform=f"linux/{definition.architecture}",
        distribution=f"debian-{release}" if release else definition.debian.suite,
        origin="build",
        tool=TOOL,
        components=(*(_deb(deb, release) for deb in lock.debs), *(_wheel(wheel) for wheel in lock.wheels)),
        models=tuple(
            SbomModel(weights.name, weights.to, "weights", weights.sha256, weights.license) for weights in lock.weights
        ),
        notes={**notes, "nautiloid:lock": lock.digest},
    )


def _deb(deb: LockedDeb, release: str) -> SbomComponent:
    debian = Distribution(identity="debian" if release else "", version=release)
    component = Component(
        kind="deb",
        name=deb.name,
        version=deb.version,
        purl=debian_purl(deb.name, deb.version, deb.architecture, deb.source, deb.source_version, debian),
        how=Found.DPKG,
        evidence=f"locked: {deb.path}",
        source=deb.source,
        source_version=deb.source_version,
    )
    return SbomComponent(component, sha256=deb.sha256, notes={"nautiloid:file": deb.path})


def _wheel(wheel: LockedWheel) -> SbomComponent:
    component = Component(
        kind="pypi",
        name=wheel.name,
        version=wheel.version,
        purl=pypi_purl(wheel.name, wheel.version),
        how=Found.DIST_INFO,
        evidence=f"locked: {wheel.filename}",
    )
    return SbomComponent(component, sha256=wheel.sha256, notes={"nautiloid:file": wheel.filename})
