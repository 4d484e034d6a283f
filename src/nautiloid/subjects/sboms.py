"""SBOMs, also those that other tools wrote, as something to scan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.packages.purl import parse_purl
from nautiloid.vulns.model import ScannedComponent, Subject

_DEEPEST = 20


def subject_of_cyclonedx(data: Mapping[str, Any], path: Path) -> Subject:
    """Return what a CycloneDX document lists, nested components as bundled ones."""
    described = _mapping(_mapping(data.get("metadata")).get("component"))
    parts = tuple(_cyclonedx_parts(_objects(data.get("components")), "", 0))
    version = str(described.get("version") or "")
    return Subject(str(path), parts, version if version.startswith("sha256:") else "")


def _cyclonedx_parts(entries: Iterable[Mapping[str, Any]], within: str, depth: int) -> Iterator[ScannedComponent]:
    for entry in entries:
        purl = str(entry.get("purl") or "")
        properties = {item.get("name"): item.get("value") for item in _objects(entry.get("properties"))}
        if entry.get("type") != "machine-learning-model" and (purl or entry.get("version")):
            yield ScannedComponent(
                str(entry.get("name") or ""),
                str(entry.get("version") or ""),
                purl,
                within,
                str(properties.get("nautiloid:source") or ""),
                str(properties.get("nautiloid:source:version") or ""),
            )
        if depth < _DEEPEST:
            yield from _cyclonedx_parts(_objects(entry.get("components")), purl or within, depth + 1)


def subject_of_spdx(data: Mapping[str, Any], path: Path) -> Subject:
    """Return what an SPDX 2 document lists; what another package contains is bundled in it.

    Raises:
        UsageError: It is of another version.
    """
    if not str(data["spdxVersion"]).startswith("SPDX-2"):
        raise UsageError(f"{path} is {data['spdxVersion']}, which is not read", "Give SPDX 2.2 or 2.3, or CycloneDX.")
    packages = {str(entry.get("SPDXID")): entry for entry in _objects(data.get("packages"))}
    purls = {name: _spdx_purl(entry) for name, entry in packages.items()}
    holders = {
        str(entry.get("relatedSpdxElement")): purls.get(str(entry.get("spdxElementId")), "")
        for entry in _objects(data.get("relationships"))
        if entry.get("relationshipType") == "CONTAINS"
    }
    parts = []
    for name, entry in packages.items():
        purl = purls[name]
        parsed = parse_purl(purl) if purl else None
        if parsed is not None and parsed.type != "oci":
            holder = holders.get(name, "")
            within = holder if not holder.startswith("pkg:oci/") else ""
            parts.append(ScannedComponent(str(entry.get("name") or parsed.name), parsed.version or "", purl, within))
    return Subject(str(path), tuple(parts))


def _spdx_purl(entry: Mapping[str, Any]) -> str:
    found = (ref.get("referenceLocator") for ref in _objects(entry.get("externalRefs"))
             if ref.get("referenceType") == "purl")  # fmt: skip
    return str(next(found, ""))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
