"""Packages of dpkg and apk, from the databases that the package managers keep.

Sources: dpkg's ``status`` (deb-control(5)), distroless images' ``status.d``, apk's ``installed`` (apk-tools,
apk-installed(5)), and DEP-5 (machine-readable copyright files) for licences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nautiloid.inspect.inventory import Component, Found
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import purl

STATUS = "var/lib/dpkg/status"
STATUS_D = "var/lib/dpkg/status.d/"
APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")

_COPYRIGHT = re.compile(r"usr/share/doc/(?P<package>[^/]+)/copyright")
_LICENSE = re.compile(r"^License:[ \t]*(\S[^\n]{0,80})$", re.MULTILINE)
_SOURCE = re.compile(r"(?P<name>\S+)(?:\s+\((?P<version>[^)]+)\))?")
_MOST_LICENSES = 40


def is_copyright(path: str) -> bool:
    """Tell whether a file states a Debian package's licences."""
    return _COPYRIGHT.fullmatch(path) is not None


def debian_packages(records: Mapping[str, bytes], distribution: Distribution) -> Iterator[Component]:
    """Yield what dpkg says is installed.

    Args:
        records: Contents of the databases and copyright files, by path.
        distribution: Goes into the purls.
    """
    seen = set()
    for path in sorted(records):
        if path == STATUS or (path.startswith(STATUS_D) and not path.endswith((".md5sums", ".list"))):
            for fields in stanzas(records[path].decode("utf-8", "replace")):
                key = (fields.get("Package", ""), fields.get("Architecture", ""))
                if "" in key[:1] or not _is_installed(fields, path) or key in seen:
                    continue
                seen.add(key)
                yield _debian(fields, path, records, distribution)


def alpine_packages(records: Mapping[str, bytes], distribution: Distribution) -> Iterator[Component]:
    """Yield what apk says is installed."""
    for path in APK:
        for stanza in records.get(path, b"").decode("utf-8", "replace").split("\n\n"):
            fields = dict(line.split(":", 1) for line in stanza.splitlines() if ":" in line[1:2])
            if fields.get("P"):
                yield _alpine(fields, stanza, path, distribution)


def debian_purl(
    name: str, version: str, architecture: str, source: str, source_version: str, distribution: Distribution
) -> str:
    """Return a package's URL; ``upstream`` names its source where that has another name or version."""
    upstream = "" if (source, source_version) == (name, version) else source
    if upstream and source_version != version:
        upstream = f"{source}@{source_version}"
    qualifiers = {"arch": architecture, "distro": distribution.qualifier, "upstream": upstream}
    return purl("deb", distribution.identity or "debian", name, version, qualifiers)


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield the paragraphs of a control file; of a field that goes over several lines, the first one."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif line[0] not in " \t":
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def _is_installed(fields: Mapping[str, str], path: str) -> bool:
    """A package that was removed leaves its configuration, and its stanza; status.d has none of those."""
    status = fields.get("Status", "install ok installed" if path != STATUS else "")
    return status.split()[-1:] == ["installed"]


def _debian(
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


def _alpine(fields: Mapping[str, str], stanza: str, path: str, distribution: Distribution) -> Component:
    name, version, origin = fields["P"], fields.get("V", ""), fields.get("o", "")
    upstream = origin if origin != name else ""
    qualifiers = {"arch": fields.get("A"), "distro": distribution.qualifier, "upstream": upstream}
    return Component(
        kind="apk",
        name=name,
        version=version,
        purl=purl("apk", distribution.identity or "alpine", name, version, qualifiers),
        how=Found.APK,
        evidence=f"/{path}",
        source=origin or name,
        source_version=version,
        licenses=(fields["L"],) if fields.get("L") else (),
        supplier=fields.get("m", ""),
        files=tuple(_apk_files(stanza)),
    )


def _apk_files(stanza: str) -> Iterator[str]:
    directory = ""
    for line in stanza.splitlines():
        field, _, value = line.partition(":")
        if field == "F":
            directory = value
        elif field == "R":
            yield f"{directory}/{value}".lstrip("/")


def _licenses(copyright_file: bytes) -> tuple[str, ...]:
    found = dict.fromkeys(match[1].strip() for match in _LICENSE.finditer(copyright_file.decode("utf-8", "replace")))
    return tuple(sorted(found)[:_MOST_LICENSES])
