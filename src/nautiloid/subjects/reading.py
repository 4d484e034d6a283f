"""What can be scanned besides images: bills of materials, locks, requirements, and what they say of parts."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.factory.lockfile import read_lock
from nautiloid.inspect.inventory import Inspection
from nautiloid.packages.component import Component
from nautiloid.packages.purl import parse_purl, pypi_purl
from nautiloid.project.facts import Notebook
from nautiloid.project.requirements import read_requirements
from nautiloid.sbom.from_lock import bill_of_lock
from nautiloid.vulns.result import Part
from nautiloid.vulns.scan import Subject

_PYTHON_LOCKS = ("uv.lock", "poetry.lock", "pylock.toml", "pdm.lock")
_PROJECT_FILES = ("requirements.txt", *_PYTHON_LOCKS)
_DEEPEST = 20


def of_inspection(inspection: Inspection) -> Subject:
    """Return what an inspection found, as a subject."""
    parts = parts_of(component for component in inspection.components if component.kind != "model")
    notes = tuple(f"could not read {skipped.where}: {skipped.reason}" for skipped in inspection.skipped)
    return Subject(inspection.name, parts, inspection.digest, inspection.distribution, notes)


def parts_of(components: Iterable[Component]) -> tuple[Part, ...]:
    """Return components as what is checked."""
    return tuple(
        Part(one.name, one.version, one.purl, one.within, one.source, one.source_version) for one in components
    )


def of_file(path: Path) -> Subject | None:
    """Return what a file says; None where it is nothing that speaks of parts, such as an image's archive.

    Raises:
        UsageError: It looks like a document that speaks of parts, and cannot be read.
    """
    if path.name in _PYTHON_LOCKS or path.name.startswith("pylock."):
        return _of_python_lock(path)
    if path.suffix in (".txt", ".in"):
        return _of_requirements(path)
    with path.open("rb") as stream:
        if stream.read(256).lstrip()[:1] != b"{":
            return None
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", "Give an SBOM, a lock, requirements or an image.") from error
    if data.get("bomFormat") == "CycloneDX":
        return _of_cyclonedx(data, path)
    if "spdxVersion" in data:
        return _of_spdx(data, path)
    if "definition" in data and "debs" in data:
        lock = read_lock(path)
        bill = bill_of_lock(lock, lock.definition.name, "")
        return Subject(str(path), parts_of(part.component for part in bill.parts), "", bill.distribution)
    raise UsageError(
        f"{path} is neither an SBOM nor a lock", "Known: CycloneDX JSON, SPDX 2 JSON, nautiloid locks, requirements."
    )


def of_project(directory: Path) -> Subject | None:
    """Return what a project's requirements and Python locks say; None for a directory that has none of them."""
    files = [directory / name for name in _PROJECT_FILES if (directory / name).is_file()]
    if not files:
        return None
    locked = [file for file in files if file.name in _PYTHON_LOCKS]
    subjects = [subject for file in (locked or files) if (subject := of_file(file)) is not None]
    parts = tuple(dict.fromkeys(part for subject in subjects for part in subject.parts))
    return Subject(str(directory), parts, notes=tuple(note for subject in subjects for note in subject.notes))


def _of_requirements(path: Path) -> Subject:
    notebook = Notebook()
    found = read_requirements(path, path.parent, notebook)
    parts, notes = [], [f"{note.origin}: {note.message}" for note in notebook.notes]
    for wanted in found.wanted:
        pins = [one.version for one in wanted.requirement.specifier if one.operator in ("==", "===")]
        if len(pins) == 1 and not pins[0].endswith(".*"):
            parts.append(Part(wanted.name, pins[0], pypi_purl(wanted.name, pins[0])))
        else:
            notes.append(f"{wanted.origin}: {wanted.requirement} names no one version and was not checked")
    return Subject(str(path), tuple(parts), notes=tuple(notes))


def _of_python_lock(path: Path) -> Subject:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    entries = data.get("package") or data.get("packages") or []
    parts = [
        Part(entry["name"], entry["version"], pypi_purl(entry["name"], entry["version"]))
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("name"), str) and isinstance(entry.get("version"), str)
        and not {"editable", "virtual", "directory"} & set(entry.get("source") or ())
    ]  # fmt: skip
    return Subject(str(path), tuple(dict.fromkeys(parts)))


def _of_cyclonedx(data: Mapping[str, Any], path: Path) -> Subject:
    described = _mapping(_mapping(data.get("metadata")).get("component"))
    parts = tuple(_cyclonedx_parts(_objects(data.get("components")), "", 0))
    version = str(described.get("version") or "")
    return Subject(str(path), parts, version if version.startswith("sha256:") else "")


def _cyclonedx_parts(entries: Iterable[Mapping[str, Any]], within: str, depth: int) -> Iterator[Part]:
    for entry in entries:
        address = str(entry.get("purl") or "")
        properties = {item.get("name"): item.get("value") for item in _objects(entry.get("properties"))}
        if entry.get("type") != "machine-learning-model" and (address or entry.get("version")):
            yield Part(
                str(entry.get("name") or ""),
                str(entry.get("version") or ""),
                address,
                within,
                str(properties.get("nautiloid:source") or ""),
                str(properties.get("nautiloid:source:version") or ""),
            )
        if depth < _DEEPEST:
            yield from _cyclonedx_parts(_objects(entry.get("components")), address or within, depth + 1)


def _of_spdx(data: Mapping[str, Any], path: Path) -> Subject:
    if not str(data["spdxVersion"]).startswith("SPDX-2"):
        raise UsageError(f"{path} is {data['spdxVersion']}, which is not read", "Give SPDX 2.2 or 2.3, or CycloneDX.")
    packages = {str(entry.get("SPDXID")): entry for entry in _objects(data.get("packages"))}
    addresses = {name: _spdx_purl(entry) for name, entry in packages.items()}
    holders = {
        str(entry.get("relatedSpdxElement")): addresses.get(str(entry.get("spdxElementId")), "")
        for entry in _objects(data.get("relationships"))
        if entry.get("relationshipType") == "CONTAINS"
    }
    parts = []
    for name, entry in packages.items():
        address = addresses[name]
        parsed = parse_purl(address) if address else None
        if parsed is not None and parsed.type != "oci":
            holder = holders.get(name, "")
            within = holder if not holder.startswith("pkg:oci/") else ""
            parts.append(Part(str(entry.get("name") or parsed.name), parsed.version or "", address, within))
    return Subject(str(path), tuple(parts))


def _spdx_purl(entry: Mapping[str, Any]) -> str:
    found = (ref.get("referenceLocator") for ref in _objects(entry.get("externalRefs"))
             if ref.get("referenceType") == "purl")  # fmt: skip
    return str(next(found, ""))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
