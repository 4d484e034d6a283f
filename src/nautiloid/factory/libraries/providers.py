"""Which Debian packages bring a library: first the one whose name follows from the library's, then the archive's lists.

Debian Policy section 8.1 names a package after the library that it holds (libgomp.so.1 is in libgomp1), and a small
package is fetched faster than a list of all files; its own members prove the guess. What goes by other names is looked
up in the Contents indices (see ``debian.contents``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nautiloid.debian.contents import library_packages
from nautiloid.debian.deb import read_deb
from nautiloid.debian.index import Package
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.locked_debs import Archive
from nautiloid.factory.rootfs.linkage import TRIPLETS, default_directories
from nautiloid.net.fetch import Fetcher

_SONAME = re.compile(r"(?P<name>[^/]+?)(?:\.so\.(?P<version>[^/]+)|-(?P<release>[0-9][^/]*)\.so)")


@dataclass(frozen=True)
class Providers:
    """The packages of a Debian release, by the libraries that they bring."""

    archive: Archive
    fetcher: Fetcher
    mirrors: Mirrors

    def of(self, soname: str) -> tuple[str, ...]:
        """Return the packages that bring a library where the dynamic linker looks, the most suitable first.

        Raises:
            NautiloidError: The archive's lists cannot be had or read.
        """
        for name in conventional_names(soname):
            package = self.archive.index.best(name)
            if package is not None and self._brings(package, soname):
                return (name,)
        never = self.archive.definition.debian.never
        names = {name for table in self._tables for name in table.get(soname, ()) if name in self.archive.index}
        return tuple(sorted(names, key=lambda name: (name in never, len(name), name)))

    def _brings(self, package: Package, soname: str) -> bool:
        path = self.fetcher.fetch(
            package.filename,
            mirrors=self.mirrors.of(package.archive),
            sha256=package.sha256,
            size=package.size,
            title=package.name,
        )
        directories = default_directories(self.archive.definition.architecture)
        places = {f"{directory}/{soname}" for directory in directories}
        # Packages of bookworm still have paths below /lib.
        places |= {place.removeprefix("usr/") for place in places}
        return any(member.path in places for member, _ in read_deb(path).members())

    @cached_property
    def _tables(self) -> list[Mapping[str, Sequence[str]]]:
        definition = self.archive.definition
        return [
            library_packages(
                pocket,
                release,
                component,
                definition.architecture,
                TRIPLETS[definition.architecture],
                fetcher=self.fetcher,
                mirrors=self.mirrors.of(pocket.archive),
            )
            for pocket, release in self.archive.releases
            for component in definition.debian.components
        ]


def conventional_names(soname: str) -> tuple[str, ...]:
    """Return what the package of a library is called by Debian Policy, section 8.1; none for a name without a version.

    ``t64`` is the mark of packages whose time_t became wider in Debian 13.
    """
    found = _SONAME.fullmatch(soname)
    if found is None:
        return ()
    name = found["name"].lower().replace("_", "-")
    version = (found["version"] or found["release"]).lower()
    dash = "-" if found["release"] or name[-1].isdigit() else ""
    return (f"{name}{dash}{version}", f"{name}{dash}{version}t64")
