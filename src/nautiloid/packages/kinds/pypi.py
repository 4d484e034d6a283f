"""Python distributions wherever they lie, what they vendor, and the SBOMs that they carry.

Sources: ``python_metadata`` and ``python_archives``; PEP 770 (``.dist-info/sboms/``); pip's convention of
``_vendor/vendor.txt``; CycloneDX 1.6 and SPDX 2.3 in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from nautiloid import bounds
from nautiloid.buffer import Buffer
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import Claim, LanguageKind
from nautiloid.packages.kinds import python_archives
from nautiloid.packages.kinds import python_metadata as metadata
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import parse_purl, purl, pypi_purl
from nautiloid.versions.python import version_key, without_local

_SBOM = re.compile(r"(?P<home>.*\.dist-info)/sboms/.+\.json")
_VENDOR = re.compile(r"(?P<package>.*/|)_?vendor(?:ed)?/vendor(?:ed)?\.txt")
_PIN = re.compile(r"^[ \t]*+(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*+)[ \t]*+==[ \t]*+(?P<version>[^\s;#]++)", re.MULTILINE)
_LIBRARY_TYPES = frozenset({"library", "framework", "application", "machine-learning-model", "data"})


class Pypi(LanguageKind):
    """Python distributions, by the metadata that installers leave; in zip archives as well."""

    name = "python"
    purl_types = ("pypi",)
    ecosystems: ClassVar = {"PyPI": version_key}

    def wants(self, path: str, size: int) -> bool:
        """Tell whether a file is a zip archive of Python modules."""
        del size
        return python_archives.wants(path)

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the distributions whose metadata are in such an archive."""
        return python_archives.read(path, content)

    def is_record(self, path: str) -> bool:
        """Tell whether a file says which distribution is here, what it consists of, or what it carries along."""
        return metadata.is_metadata(path) or _SBOM.fullmatch(path) is not None or _VENDOR.fullmatch(path) is not None

    def tells_packages(self, path: str) -> bool:
        """Tell whether a file says which distributions are here; a RECORD says only what they consist of."""
        return self.is_record(path) and not path.endswith("/RECORD")

    def packages(self, records: Mapping[str, bytes], distribution: Distribution) -> list[Component]:
        """Return each distribution that has metadata; those that stand by themselves come first."""
        del distribution
        found = metadata.distributions(records)
        return sorted(found, key=lambda one: (not self.stands_alone(one), one.evidence))

    def bundled(self, records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
        """Yield what ``vendor.txt`` files pin, and what SBOMs inside of distributions list."""
        yield from _vendored(records)
        yield from _carried(records)

    def unreadable(self, records: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """Yield SBOMs that are no JSON, and metadata without a name or a version."""
        for path in sorted(records):
            if _SBOM.fullmatch(path) and _json(records[path]) is None:
                yield path, "an SBOM that is not JSON"
            if metadata.is_nameless(path, records[path]):
                yield path, "metadata without a name or a version"

    def claims(self, records: Mapping[str, bytes]) -> Iterator[Claim]:
        """Yield what each RECORD names."""
        return metadata.claims(records)

    def stands_alone(self, component: Component) -> bool:
        """Tell whether a distribution lies where Python looks for installed ones, and not in a package's own folder."""
        return metadata.stands_in_site(component.evidence.lstrip("/"))

    def published_version(self, version: str) -> str:
        """Advisories speak of what was published, and mean every build of it (PEP 440, local version labels)."""
        return without_local(version)

    def normal_name(self, name: str) -> str:
        """PyPI has many spellings for one name (PEP 503)."""
        return canonicalize_name(name)


def _vendored(records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
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


def _carried(records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
    """Yield what the SBOMs inside of distributions list, each with the path of its SBOM.

    An SBOM that cannot be read lists nothing, and ``unreadable`` names it.
    """
    for path in sorted(records):
        if _SBOM.fullmatch(path):
            document = _json(records[path])
            if document is not None:
                for component in _listed(document, f"/{path}"):
                    yield path, component


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        document = loads_bounded(content)
    except ValueError:
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


def _from_sbom(name: object, version: object, locator: object, path: str, reference: str) -> Iterator[Component]:
    """Make a component of an SBOM's entry; an entry that is a part of the distribution itself is none."""
    if not isinstance(name, str) or not name:
        return
    declared = version if isinstance(version, str) else ""
    text = locator if isinstance(locator, str) else reference if reference.startswith("pkg:") else ""
    parsed = parse_purl(text) if text else None
    if parsed is not None and parsed.subpath:  # a module of the distribution, such as #c-ext/PIL._imaging
        return
    kind = parsed.type if parsed else "generic"
    final = declared or (parsed.version or "" if parsed else "")
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
        if count >= bounds.NESTED_COMPONENTS:
            return
        yield entry
        if depth < bounds.NESTED_COMPONENTS_DEPTH:
            yield from _nested(entry.get("components"), depth + 1)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
