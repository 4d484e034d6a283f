"""Packages of apk: Alpine's, Wolfi's and Chainguard's.

Source: apk's ``installed`` database (apk-tools, apk-installed(5)): stanzas of one-letter fields; ``F`` opens a
directory, ``R`` names a file in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from packageurl import PackageURL

from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import Claim, Coordinates, PackageKind
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import purl
from nautiloid.packages.releases import ecosystem_of, plain_release, stated_distribution
from nautiloid.versions.alpine import version_key

INSTALLED = ("lib/apk/db/installed", "usr/lib/apk/db/installed")

_ECOSYSTEMS = {"alpine": "Alpine", "wolfi": "Wolfi", "chainguard": "Chainguard"}


class Apk(PackageKind):
    """Packages of apk."""

    name = "apk"
    purl_types = ("apk",)
    of_system = True
    ecosystems: ClassVar = dict.fromkeys(_ECOSYSTEMS.values(), version_key)

    def is_record(self, path: str) -> bool:
        """Tell whether a file is apk's database."""
        return path in INSTALLED

    @property
    def places(self) -> tuple[str, ...]:
        """Where apk keeps its database."""
        return INSTALLED

    def packages(self, records: Mapping[str, bytes], distribution: Distribution) -> Iterator[Component]:
        """Yield what apk says is installed."""
        for path, stanza, fields in _stanzas(records):
            if fields.get("P"):
                yield _component(fields, stanza, path, distribution)

    def claims(self, records: Mapping[str, bytes]) -> Iterator[Claim]:
        """Yield what each package's stanza lists."""
        for path, stanza, fields in _stanzas(records):
            if fields.get("P"):
                yield Claim(path, fields["P"], fields.get("V", ""), tuple(_files(stanza)))

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return the source package's; Wolfi and Chainguard have no releases."""
        del source_version
        ecosystem = ecosystem_of(purl, _ECOSYSTEMS)
        if ecosystem is None:
            return None
        identity, stated = stated_distribution(purl)
        upstream = dict(purl.qualifiers or {}).get("upstream", "").partition("@")[0]
        release = plain_release(stated or identity, parts=2) if ecosystem == "Alpine" else ""
        return Coordinates(ecosystem, release, source or upstream or purl.name, purl.version or "")

    def split_release(self, release: str) -> str:
        """Alpine's releases are marked (``v3.19``)."""
        return release.removeprefix("v")


def _stanzas(records: Mapping[str, bytes]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for path in INSTALLED:
        for stanza in records.get(path, b"").decode("utf-8", "replace").split("\n\n"):
            yield path, stanza, dict(line.split(":", 1) for line in stanza.splitlines() if ":" in line[1:2])


def _component(fields: Mapping[str, str], stanza: str, path: str, distribution: Distribution) -> Component:
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
        files=tuple(_files(stanza)),
    )


def _files(stanza: str) -> Iterator[str]:
    directory = ""
    for line in stanza.splitlines():
        field, _, value = line.partition(":")
        if field == "F":
            directory = value
        elif field == "R":
            yield f"{directory}/{value}".lstrip("/")
