"""What an image holds of packages, as plain data. Sizes are bytes, paths have no leading slash, layers count from 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Found(StrEnum):
    """How a component was found."""

    DPKG = "dpkg database"
    APK = "apk database"
    RPM = "rpm database"
    DIST_INFO = "dist-info"
    EGG_INFO = "egg-info"
    ZIPAPP = "zip archive of Python modules"
    CONDA = "conda-meta"
    NPM = "package.json"
    GO = "Go build information"
    JAR = "jar"
    SBOM = "SBOM inside a distribution"
    VENDORED = "vendored"
    NATIVE = "native library"
    MODEL = "model file"


@dataclass(frozen=True, slots=True)
class Component:
    """A package, a library inside of one, or a model.

    Attributes:
        kind: The purl type: ``deb``, ``apk``, ``rpm``, ``pypi``, ``conda``, ``npm``, ``golang``, ``maven``,
            ``generic`` for native libraries, or ``model``.
        name: As its own world spells it.
        version: Empty where nothing tells.
        purl: Package URL; empty for a model.
        how: What found it first.
        evidence: What exactly says so, for a person: a path, or the version string that was read.
        confidence: 0 to 1: 1 where a package manager's own record says so.
        also: Other ways in which the same component was found; it is counted once.
        source: Source package, where it differs in name or version (deb, apk, rpm).
        licenses: SPDX expressions or, where there are none, the words of the package.
        supplier: Who maintains it.
        within: purl of the component that it is bundled in; empty for one that stands by itself.
        layer: Where its record lies; -1 while that is not known yet.
        files: Paths that belong to it, sorted.
        size: Bytes of those.
    """

    kind: str
    name: str
    version: str
    purl: str
    how: Found
    evidence: str
    confidence: float = 1.0
    also: tuple[str, ...] = ()
    source: str = ""
    source_version: str = ""
    licenses: tuple[str, ...] = ()
    supplier: str = ""
    within: str = ""
    layer: int = -1
    files: tuple[str, ...] = ()
    size: int = 0

    @property
    def package(self) -> bool:
        """Whether it counts as a package: an entry of a package database, or one Python distribution."""
        return not self.within and self.kind in PACKAGE_KINDS


PACKAGE_KINDS = frozenset({"deb", "apk", "rpm", "pypi", "conda"})
"""The kinds of component that count as packages; jars, Go modules and npm packages are listed beside them."""
