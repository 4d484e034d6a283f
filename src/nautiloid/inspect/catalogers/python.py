"""Python distributions wherever they lie, what they vendor, and the SBOMs that they carry.

Sources: packaging.python.org, "Recording installed projects" and "Core metadata"; PEP 770 (``.dist-info/sboms/``);
pip's convention of ``_vendor/vendor.txt``; CycloneDX 1.6 and SPDX 2.3 in JSON.
"""

from __future__ import annotations

import csv
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from typing import Any

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from nautiloid.inspect.inventory import Component, Found
from nautiloid.packages.purl import parse_purl, purl

_DIST_INFO = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.dist-info)/METADATA")
_EGG_INFO = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.egg-info)(?:/PKG-INFO)?")
_EGG = re.compile(r"(?P<site>.*/|)(?P<directory>[^/]+\.egg)/EGG-INFO/PKG-INFO")
_SBOM = re.compile(r"(?P<home>.*\.dist-info)/sboms/.+\.json")
_VENDOR = re.compile(r"(?P<package>.*/|)_?vendor(?:ed)?/vendor(?:ed)?\.txt")
_PIN = re.compile(r"^\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*(?P<version>[^\s;#]+)", re.MULTILINE)
_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages/$")
_CLASSIFIER = "License :: "
_MOST_NESTED = 20_000
_DEEPEST_NESTING = 20
_LIBRARY_TYPES = frozenset({"library", "framework", "application", "machine-learning-model", "data"})


def is_python_record(path: str) -> bool:
    """Tell whether a file says which distribution is here, what it consists of, or what it carries along."""
    name = path.rpartition("/")[2]
    if name in ("METADATA", "RECORD"):
        return path.endswith((".dist-info/METADATA", ".dist-info/RECORD"))
    if name == "PKG-INFO" or name.endswith(".egg-info"):
        return _EGG_INFO.fullmatch(path) is not None or _EGG.fullmatch(path) is not None
    return _SBOM.fullmatch(path) is not None or _VENDOR.fullmatch(path) is not None


def stands_in_site(component: Component) -> bool:
    """Tell whether a distribution lies where Python looks for installed ones, and not in a package's own folder."""
    home = component.evidence.lstrip("/")
    match = _DIST_INFO.fullmatch(home) or _EGG_INFO.fullmatch(home) or _EGG.fullmatch(home)
    return match is not None and _SITE.search(match["site"]) is not None


def distributions(records: Mapping[str, bytes]) -> Iterator[Component]:
    """Yield each distribution that has metadata, with the files that its RECORD names."""
    for path in sorted(records):
        match = _DIST_INFO.fullmatch(path) or _EGG_INFO.fullmatch(path) or _EGG.fullmatch(path)
        if match is None:
            continue
        fields = _metadata(records[path])
        name, version = fields.get("Name", ""), fields.get("Version", "")
        if not name:
            continue
        home = posixpath.dirname(path) if path.endswith(("/METADATA", "/PKG-INFO")) else path
        yield Component(
            kind="pypi",
            name=name,
            version=version,
            purl=pypi_purl(name, version),
            how=Found.DIST_INFO if path.endswith("METADATA") else Found.EGG_INFO,
            evidence=f"/{path}",
            licenses=_licenses(fields),
            supplier=fields.get("Author") or fields.get("Author-email", ""),
            files=tuple(_recorded_files(records.get(f"{home}/RECORD", b""), match["site"])) or (path,),
        )


def vendored(records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
    """Yield what ``vendor.txt`` files pin, each with the path of its list."""
    for path in sorted(records):
        if _VENDOR.fullmatch(path):
            for match in _PIN.finditer(records[path].decode("utf-8", "replace")):
                name, version = match["name"], match["version"]
                yield (
                    path,
                    Component(
                        "pypi", name, version, pypi_purl(name, version), Found.VENDORED, f"/{path}", confidence=0.95
                    ),
                )


def carried(records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
    """Yield what the SBOMs inside of distributions list, each with the path of its SBOM.

    Raises nothing: an SBOM that cannot be read lists nothing, and ``unreadable`` names it.
    """
    for path in sorted(records):
        if _SBOM.fullmatch(path):
            document = _json(records[path])
            if document is not None:
                for component in _listed(document, f"/{path}"):
                    yield path, component


def unreadable(records: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield path and reason of each record that could not be understood."""
    for path in sorted(records):
        if _SBOM.fullmatch(path) and _json(records[path]) is None:
            yield path, "an SBOM that is not JSON"
        match = _DIST_INFO.fullmatch(path) or _EGG_INFO.fullmatch(path)
        if match and not _metadata(records[path]).get("Name"):
            yield path, "metadata without a name"


def pypi_purl(name: str, version: str) -> str:
    """Return a distribution's package URL, its name normalised (PEP 503) as purl's specification wants."""
    return purl("pypi", "", canonicalize_name(name), version)


def _metadata(content: bytes) -> dict[str, str]:
    """Read the headers; the description below them may be huge and says nothing here."""
    head = content[: 1 << 18].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    fields: dict[str, str] = {}
    for name, value in HeaderParser().parsestr(head.decode("utf-8", "replace")).items():
        kept = str(value).strip()
        if name == "Classifier":
            if kept.startswith(_CLASSIFIER):
                fields["Classifier"] = "\n".join(filter(None, (fields.get("Classifier"), kept)))
        else:
            fields.setdefault(name, kept)
    return fields


def _licenses(fields: Mapping[str, str]) -> tuple[str, ...]:
    if fields.get("License-Expression"):
        return (fields["License-Expression"],)
    told = fields.get("License", "").splitlines()
    if told and len(told[0]) < 60 and told[0].upper() != "UNKNOWN":
        return (told[0],)
    return tuple(line.rpartition(" :: ")[2] for line in fields.get("Classifier", "").splitlines())


def _recorded_files(record: bytes, site: str) -> Iterator[str]:
    for row in csv.reader(record.decode("utf-8", "replace").replace("\0", "").splitlines()):
        if row and row[0]:
            path = row[0] if row[0].startswith("/") else site + row[0]
            yield posixpath.normpath(f"/{path}").lstrip("/")


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _listed(document: Mapping[str, Any], path: str) -> Iterator[Component]:
    if document.get("bomFormat") == "CycloneDX":
        for entry in _nested(document.get("components"), 0):
            if entry.get("type", "library") in _LIBRARY_TYPES:
                yield from _from_sbom(entry.get("name"), entry.get("version"), entry.get("purl"), path,
                                      str(entry.get("bom-ref", "")))  # fmt: skip
    for entry in _objects(document.get("packages")):
        purls = [str(ref.get("referenceLocator")) for ref in _objects(entry.get("externalRefs"))
                 if ref.get("referenceType") == "purl"]  # fmt: skip
        yield from _from_sbom(entry.get("name"), entry.get("versionInfo"), purls[0] if purls else None, path, "")


def _from_sbom(name: object, version: object, address: object, path: str, reference: str) -> Iterator[Component]:
    """Make a component of an SBOM's entry; an entry that is a part of the distribution itself is none."""
    if not isinstance(name, str) or not name:
        return
    told = version if isinstance(version, str) else ""
    text = address if isinstance(address, str) else reference if reference.startswith("pkg:") else ""
    parsed = parse_purl(text) if text else None
    if parsed is not None and parsed.subpath:  # a module of the distribution, such as #c-ext/PIL._imaging
        return
    kind = parsed.type if parsed else "generic"
    final = told or (parsed.version or "" if parsed else "")
    known = parsed._replace(version=final or None, qualifiers={}, subpath=None) if parsed else None
    yield Component(
        kind=kind,
        name=_name(parsed) if parsed else name,
        version=final,
        purl=known.to_string() if known else purl("generic", "", name, final),
        how=Found.SBOM,
        evidence=path,
        confidence=0.95,
    )


def _name(parsed: PackageURL) -> str:
    return f"{parsed.namespace}/{parsed.name}" if parsed.namespace and parsed.type in ("npm", "golang") else parsed.name


def _nested(components: object, depth: int) -> Iterator[Mapping[str, Any]]:
    for count, entry in enumerate(_objects(components)):
        if count >= _MOST_NESTED:
            return
        yield entry
        if depth < _DEEPEST_NESTING:
            yield from _nested(entry.get("components"), depth + 1)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
