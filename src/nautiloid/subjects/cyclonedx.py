"""CycloneDX SBOMs as something to scan, whichever tool wrote them.

Source: CycloneDX 1.2 to 1.6, ``components`` (nested without limit) and ``metadata.component``. What a component is
nested in bundles it. A component without a package URL counts as unchecked, unless it is nothing that advisories speak
of: a file, a model, a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nautiloid.packages.os_release import Distribution
from nautiloid.subjects.shapes import check_number, mapping, objects, text
from nautiloid.subjects.source_hints import source_of_properties
from nautiloid.vulns.model import ScannedComponent, Subject

_NO_PACKAGES = frozenset(
    {"file", "machine-learning-model", "data", "operating-system", "cryptographic-asset", "device"}
)
_LAYERS = ("nautiloid:layer:diffID", "aquasecurity:trivy:LayerDiffID", "syft:location:0:layerID")


def subject_of_cyclonedx(data: Mapping[str, Any], name: str, lines: Mapping[str, int] | None = None) -> Subject:
    """Return what a CycloneDX document lists, nested components as bundled ones.

    Args:
        data: The document, as its JSON form has it.
        name: What reports call it.
        lines: Where it names each package URL.

    Raises:
        UsageError: Something in it has another type than CycloneDX gives it, or it lists too much.
    """
    described = mapping(mapping(data.get("metadata"), f"{name}: metadata").get("component"), f"{name}: its subject")
    parts: dict[ScannedComponent, None] = {}
    distribution = Distribution()
    for entry, within in _all_components(data, described, name):
        kind = text(entry.get("type"), f"{name}: a component's type")
        if kind == "operating-system" and not distribution.identity:
            identity = text(entry.get("name"), f"{name}: a component's name")
            distribution = Distribution("", identity.lower(), text(entry.get("version"), f"{name}: a version"))
        if entry.get("purl") or kind not in _NO_PACKAGES:
            parts[_part(entry, within, name, lines or {})] = None
    version = text(described.get("version"), f"{name}: its subject's version")
    digest = version if version.startswith("sha256:") else ""
    return Subject(name, tuple(parts), digest, distribution.qualifier)


def _all_components(
    data: Mapping[str, Any], described: Mapping[str, Any], name: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield every component with the package URL of the one that it is nested in, in the document's order."""
    count = 0
    tops = [described.get("components"), data.get("components")]
    open_lists = [(objects(top, f"{name}: components"), "") for top in reversed(tops)]
    while open_lists:
        entries, within = open_lists[-1]
        entry = next(entries, None)
        if entry is None:
            open_lists.pop()
            continue
        count += 1
        check_number(count, name)
        yield entry, within
        if entry.get("components") is not None:
            purl = text(entry.get("purl"), f"{name}: a package URL")
            open_lists.append((objects(entry["components"], f"{name}: nested components"), purl or within))


def _part(entry: Mapping[str, Any], within: str, name: str, lines: Mapping[str, int]) -> ScannedComponent:
    label = text(entry.get("name"), f"{name}: a component's name")
    group = text(entry.get("group"), f"{name}: the group of {label}")
    purl = text(entry.get("purl"), f"{name}: the package URL of {label}")
    properties = {
        text(item.get("name"), f"{name}: a property of {label}"): text(
            item.get("value"), f"{name}: a property of {label}"
        )
        for item in objects(entry.get("properties"), f"{name}: the properties of {label}")
    }
    source, source_version = source_of_properties(properties)
    return ScannedComponent(
        f"{group}/{label}" if group and not purl else label,
        text(entry.get("version"), f"{name}: the version of {label}"),
        purl,
        within,
        source,
        source_version,
        file=name,
        line=lines.get(purl, 0),
        layer=next((properties[key] for key in _LAYERS if properties.get(key)), ""),
    )
