"""Packages of an archive that is not there: made by name, version and relations."""

from __future__ import annotations

from nautiloid.debian.index import Package, PackageIndex
from nautiloid.factory.lockfile import LockedDeb


class Archive:
    """Packages by name and version, with their relations."""

    def __init__(self) -> None:
        self.relations: dict[str, str] = {}

    def deb(
        self, name: str, version: str, relations: str = "", source: str = "", wanted_by: str = "", relation: str = ""
    ) -> LockedDeb:
        sha256 = f"{len(self.relations):064x}"
        self.relations[sha256] = relations
        return LockedDeb(
            name=name, version=version, architecture="amd64", source=source or name, source_version=version,
            archive="debian", path=f"pool/{name}", size=1, sha256=sha256, wanted_by=wanted_by,
            relation=relation,
        )  # fmt: skip

    def package(self, deb: LockedDeb) -> Package:
        index = PackageIndex()
        text = f"Package: {deb.name}\nVersion: {deb.version}\nArchitecture: amd64\nSource: {deb.source}\n"
        text += f"Filename: x\nSize: 1\nSHA256: {deb.sha256}\n{self.relations[deb.sha256]}"
        index.add(text, archive="debian", suite="")
        return index.candidates(deb.name)[0]
