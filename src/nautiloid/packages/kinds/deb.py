"""Debian's packages, and Ubuntu's, from the databases that dpkg keeps.

Sources: dpkg's ``status`` (deb-control(5)) and ``info/*.list`` (dpkg-query(1)), distroless images' ``status.d``, and
DEP-5 (machine-readable copyright files) for licences.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from packageurl import PackageURL

from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import Claim, Coordinates, PackageKind
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import debian_purl
from nautiloid.packages.releases import ecosystem_of, plain_release, stated_distribution
from nautiloid.versions.debian import version_key

STATUS = "var/lib/dpkg/status"
STATUS_D = "var/lib/dpkg/status.d/"
INFO = "var/lib/dpkg/info/"

_ECOSYSTEMS = {"debian": "Debian", "ubuntu": "Ubuntu"}
_COPYRIGHT = re.compile(r"usr/share/doc/(?P<package>[^/]+)/copyright")
_LICENSE = re.compile(r"^License:[ \t]*(\S[^\n]{0,80})$", re.MULTILINE)
_SOURCE = re.compile(r"(?P<name>\S+)(?:\s+\((?P<version>[^)]+)\))?")
_MOST_LICENSES = 40
_ABSENT = (" not-installed", " config-files")  # half-installed and all others have files


class Deb(PackageKind):
    """Packages of dpkg."""

    name = "deb"
    purl_types = ("deb",)
    of_system = True
    ecosystems: ClassVar = {"Debian": version_key, "Ubuntu": version_key}

    def is_record(self, path: str) -> bool:
        """Tell whether a file is dpkg's, or states a package's licences."""
        if path == STATUS or path.startswith(STATUS_D):
            return True
        return (path.startswith(INFO) and path.endswith(".list")) or _COPYRIGHT.fullmatch(path) is not None

    @property
    def places(self) -> tuple[str, ...]:
        """Where dpkg keeps its database."""
        return (STATUS, STATUS_D, INFO)

    def tells_packages(self, path: str) -> bool:
        """Tell whether a file is one of dpkg's lists of packages."""
        return path == STATUS or _is_status(path)

    def unreadable(self, records: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """Yield lists of packages with a paragraph that names none."""
        for path in sorted(records):
            if _is_status(path) and any(
                not fields.get("Package") or not fields.get("Version")
                for fields in stanzas(records[path].decode("utf-8", "replace"))
                if _is_installed(fields)
            ):
                yield path, "a package without a name or a version"

    def packages(self, records: Mapping[str, bytes], distribution: Distribution) -> Iterator[Component]:
        """Yield what dpkg says is installed."""
        seen = set()
        for path in sorted(records):
            if _is_status(path):
                for fields in stanzas(records[path].decode("utf-8", "replace")):
                    key = (fields.get("Package", ""), fields.get("Architecture", ""))
                    if not key[0] or not _is_installed(fields) or key in seen:
                        continue
                    seen.add(key)
                    yield _component(fields, path, records, distribution)

    def claims(self, records: Mapping[str, bytes]) -> Iterator[Claim]:
        """Yield what ``info/*.list`` and ``status.d/*.md5sums`` name."""
        versions = _versions(records)
        for path, content in records.items():
            name, listed = posixpath.basename(path), content.decode("utf-8", "replace").splitlines()
            if path.startswith(STATUS_D):
                name = name.removesuffix(".md5sums")
                sums = path != STATUS_D + name
                files = tuple(line.split("  ", 1)[1] for line in listed if "  " in line) if sums else ()
                yield Claim(path, name, versions.get(name, ""), files)
            elif path.startswith(INFO):
                name = name.removesuffix(".list").partition(":")[0]
                # Directories are listed too, and belong to nobody in particular.
                lines = [line.strip("/") for line in listed]
                inner = {posixpath.dirname(line) for line in lines}
                files = tuple(line for line in lines if line and line not in inner)
                yield Claim(path, name, versions.get(name, ""), files)

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return the source package's: advisories speak of those."""
        ecosystem = ecosystem_of(purl, _ECOSYSTEMS)
        if ecosystem is None:
            return None
        identity, stated = stated_distribution(purl)
        upstream, _, upstream_version = dict(purl.qualifiers or {}).get("upstream", "").partition("@")
        release = plain_release(stated or identity, parts=1 if ecosystem == "Debian" else 2)
        version = source_version or upstream_version or purl.version or ""
        return Coordinates(ecosystem, release, source or upstream or purl.name, version)

    def split_release(self, release: str) -> str:
        """Ubuntu's long-term releases are marked (``22.04:LTS``)."""
        return release.removesuffix(":LTS")


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield the paragraphs of a control file; of a field that goes over several lines, the first one.

    Names of fields have no case (deb-control(5)); here they begin with a capital letter.
    """
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            name, _, value = line.partition(":")
            fields[name.strip().capitalize()] = value.strip()
    if fields:
        yield fields


def _is_installed(fields: Mapping[str, str]) -> bool:
    """Tell whether a package's files are there: in all states (dpkg(1)) but two, and in those that nobody knows."""
    return not fields.get("Status", "").lower().endswith(_ABSENT)


def _is_status(path: str) -> bool:
    return path == STATUS or (path.startswith(STATUS_D) and not path.endswith((".md5sums", ".list")))


def _versions(records: Mapping[str, bytes]) -> dict[str, str]:
    versions: dict[str, str] = {}
    for path, content in records.items():
        if _is_status(path):
            for fields in stanzas(content.decode("utf-8", "replace")):
                versions[fields.get("Package", "")] = fields.get("Version", "")
    return versions


def _component(
    fields: Mapping[str, str], path: str, records: Mapping[str, bytes], distribution: Distribution
) -> Component:
    name, version = fields["Package"], fields.get("Version", "")
    match = _SOURCE.match(fields.get("Source", ""))
    source = match["name"] if match else name
    source_version = (match["version"] if match else None) or version
    return Component(
        kind="deb",
        name=name,
        version=version,
        purl=debian_purl(name, version, fields.get("Architecture", ""), source, source_version, distribution),
        how=Found.DPKG,
        evidence=f"/{path}",
        source=source,
        source_version=source_version,
        licenses=_licenses(records.get(f"usr/share/doc/{name}/copyright", b"")),
        supplier=fields.get("Maintainer", ""),
    )


def _licenses(copyright_file: bytes) -> tuple[str, ...]:
    found = dict.fromkeys(match[1].strip() for match in _LICENSE.finditer(copyright_file.decode("utf-8", "replace")))
    return tuple(sorted(found)[:_MOST_LICENSES])
