"""Fix an image's Python distributions: each by the smallest version that fixes all of its findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from nautiloid.net.fetch import Fetcher
from nautiloid.packages.component import Component
from nautiloid.patching.contents import Contents
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.result import Fixes, Patched, Refused
from nautiloid.patching.wheels import UnfitWheelError, WheelPatcher
from nautiloid.versions.python import version_key
from nautiloid.vulns.model import Finding


def fix_wheels(
    contents: Contents,
    overlay: Overlay,
    target: tuple[str, str],
    components: Iterable[Component],
    findings: Sequence[Finding],
    fetcher: Fetcher,
) -> Fixes:
    """Replace every distribution that has a fix, where that breaks nothing.

    Args:
        contents: The image.
        overlay: Receives the changes.
        target: Debian's name of the image's processor, and its release (empty where nobody knows it).
        components: Of the image.
        findings: What has a fix.
        fetcher: The way to downloads.
    """
    wheels = WheelPatcher(contents, overlay, fetcher.store, *target, fetcher.progress)
    wanted: dict[str, str] = {}
    for finding in findings:
        for part in finding.parts:
            if part.purl.startswith("pkg:pypi/") and not part.within:
                known = wanted.setdefault(part.purl, finding.fixed)
                wanted[part.purl] = max(known, finding.fixed, key=version_key)
    found = Fixes()
    for component in components:
        if not component.within and component.purl in wanted:
            found += _fix(wheels, component, wanted[component.purl])
    return found


def _fix(wheels: WheelPatcher, component: Component, fixed: str) -> Fixes:
    name = canonicalize_name(component.name)
    directory = component.evidence.lstrip("/").rpartition("/")[0]
    try:
        version = wheels.replace(directory, fixed)
    except UnfitWheelError as error:
        return Fixes(refused=(Refused("wheel", name, component.version, fixed, (error.message,)),))
    return Fixes(patched=(Patched("wheel", name, component.version, version),))
