"""SPDX 2 SBOMs as something to scan, whichever tool wrote them.

Source: SPDX 2.2 and 2.3, "Package information" and "Relationships between SPDX elements". What another package contains
is bundled in it. A package without a package URL counts as unchecked, unless the document says that it is the image, an
operating system or a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import parse_purl
from nautiloid.subjects.shapes import check_number, mapping, objects, text
from nautiloid.subjects.source_hints import source_of_remark
from nautiloid.vulns.model import ScannedComponent, Subject

_SYSTEM = "OPERATING-SYSTEM"
_NO_PACKAGES = frozenset({_SYSTEM, "CONTAINER", "FILE", "ARCHIVE", "DEVICE"})


def subject_of_spdx(data: Mapping[str, Any], name: str, lines: Mapping[str, int] | None = None) -> Subject:
    """Return what an SPDX 2 document lists.

    Args:
        data: The document, as its JSON form has it.
        name: What reports call it.
        lines: Where it names each package URL.

    Raises:
        UsageError: It is of another version, something in it has another type than SPDX gives it, or it lists too much.
    """
    version = text(data.get("spdxVersion"), f"{name}: spdxVersion")
    if not version.startswith("SPDX-2"):
        raise UsageError(f"{name} is {version}, which is not read", "Give SPDX 2.2 or 2.3, or CycloneDX.")
    entries = list(objects(data.get("packages"), f"{name}: packages"))
    check_number(len(entries), name)
    identities = [text(entry.get("SPDXID"), f"{name}: an SPDXID") for entry in entries]
    purls = [_purl(entry, name) for entry in entries]
    by_identity = dict(zip(identities, purls, strict=True))
    relations = list(_relations(data, name))
    holders = {contained: by_identity.get(holder, "") for holder, kind, contained in relations if kind == "CONTAINS"}
    described = {subject for _, kind, subject in relations if kind == "DESCRIBES"}
    parts: dict[ScannedComponent, None] = {}
    distribution = Distribution()
    for entry, identity, purl in zip(entries, identities, purls, strict=True):
        label = text(entry.get("name"), f"{name}: a package's name")
        stated = text(entry.get("versionInfo"), f"{name}: the version of {label}")
        purpose = text(entry.get("primaryPackagePurpose"), f"{name}: the purpose of {label}").upper()
        if purpose == _SYSTEM and not distribution.identity:
            distribution = Distribution("", label.lower(), stated)
        parsed = parse_purl(purl) if purl else None
        if (parsed is not None and parsed.type == "oci") or (
            not purl and (purpose in _NO_PACKAGES or identity in described)
        ):
            continue
        within = holders.get(identity, "")
        source, source_version = source_of_remark(text(entry.get("sourceInfo"), f"{name}: the source of {label}"))
        part = ScannedComponent(
            label or (parsed.name if parsed else ""),
            (parsed.version if parsed else "") or stated,
            purl,
            "" if within.startswith("pkg:oci/") else within,
            source,
            source_version,
            file=name,
            line=(lines or {}).get(purl, 0),
        )
        parts[part] = None
    return Subject(name, tuple(parts), distribution=distribution.qualifier)


def _relations(data: Mapping[str, Any], name: str) -> list[tuple[str, str, str]]:
    where = f"{name}: a relationship"
    found = [
        tuple(text(entry.get(field), where) for field in ("spdxElementId", "relationshipType", "relatedSpdxElement"))
        for entry in objects(data.get("relationships"), f"{name}: relationships")
    ]
    return [(one, kind, other) for one, kind, other in found]


def _purl(entry: Mapping[str, Any], name: str) -> str:
    for reference in objects(entry.get("externalRefs"), f"{name}: externalRefs"):
        if mapping(reference, name).get("referenceType") == "purl":
            return text(reference.get("referenceLocator"), f"{name}: a package URL")
    return ""
