"""From which source package a package was built, as the SBOMs of other tools say it.

Distributions publish advisories about source packages. Where a purl has no ``upstream`` (purl-spec, "deb" and "rpm"),
the tools keep the source in properties of their own: Trivy in ``aquasecurity:trivy:SrcName``, ``SrcVersion``,
``SrcRelease`` and ``SrcEpoch``; syft in ``syft:metadata:source``, ``sourceVersion``, ``sourceRpm`` and
``originPackage``; in SPDX, Trivy in ``sourceInfo`` ("built package from: openssl 3.0.11-1").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BUILT_FROM = re.compile(r"built package from: (?P<name>\S+)(?: (?P<version>\S+))?", re.IGNORECASE)
_TRIVY = "aquasecurity:trivy:"
_SYFT = "syft:metadata:"


def source_of_properties(properties: Mapping[str, str]) -> tuple[str, str]:
    """Return name and version of the source package that a component's properties name; empty for none.

    Args:
        properties: Of a CycloneDX component, by name.
    """
    if name := properties.get("nautiloid:source"):
        return name, properties.get("nautiloid:source:version", "")
    if name := properties.get(f"{_TRIVY}SrcName"):
        epoch, version, release = (properties.get(f"{_TRIVY}{part}", "") for part in ("SrcEpoch", "SrcVersion",
                                                                                      "SrcRelease"))  # fmt: skip
        version = f"{version}-{release}" if version and release else version
        return name, f"{epoch}:{version}" if version and epoch not in ("", "0") else version
    if name := properties.get(f"{_SYFT}source"):
        return name, properties.get(f"{_SYFT}sourceVersion", "")
    if archive := properties.get(f"{_SYFT}sourceRpm"):
        return _of_source_rpm(archive)
    return properties.get(f"{_SYFT}originPackage", ""), ""


def source_of_remark(remark: str) -> tuple[str, str]:
    """Return name and version of the source package that SPDX's ``sourceInfo`` names; empty for none."""
    match = _BUILT_FROM.search(remark)
    return (match["name"], match["version"] or "") if match else ("", "")


def _of_source_rpm(archive: str) -> tuple[str, str]:
    """Split ``bash-5.1.8-6.el9.src.rpm``."""
    name, _, rest = archive.removesuffix(".src.rpm").removesuffix(".nosrc.rpm").rpartition("-")
    name, _, version = name.rpartition("-")
    return (name, f"{version}-{rest}") if name else ("", "")
