"""Libraries in C and C++ that are no packages: built into wheels and programs, known by what their files say.

No package manager knows them, so ``UPSTREAM`` stands for where their advisories are: with the project itself. OSV has
those under ``GIT`` (named by repository) and ``OSS-Fuzz`` (named by Google's fuzzing service).
"""

from __future__ import annotations

from typing import ClassVar

from packageurl import PackageURL

from nautiloid.packages.kind import Coordinates, PackageKind
from nautiloid.packages.native_projects import (
    GIT,
    OSS_FUZZ,
    OSS_FUZZ_NAMES,
    REPOSITORIES,
    UPSTREAM,
    project_of,
    repository_name,
)
from nautiloid.versions.upstream import version_key


class Native(PackageKind):
    """Libraries that inspection and SBOMs call ``pkg:generic``."""

    name = "native"
    purl_types = ("generic",)
    ecosystems: ClassVar = {UPSTREAM: version_key, GIT: version_key, OSS_FUZZ: version_key}

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return the library's; None for one whose project is not known, or publishes nothing."""
        del source, source_version
        version = (purl.version or "").partition("+")[0]  # without the label of a build
        project = project_of(purl.name, version)
        if project is None or project.no_advisories:
            return None
        return Coordinates(UPSTREAM, "", project.library, version)

    def normal_name(self, name: str) -> str:
        """Return a repository without what changes with the way to it; names of OSS-Fuzz have no such parts."""
        return repository_name(name) if "/" in name else name.strip().lower()

    def is_looked_up(self, name: str) -> bool:
        """Tell whether a normal name is of a project that is known."""
        return name in REPOSITORIES or name in OSS_FUZZ_NAMES
