"""Lock the Debian side: the packages that the definition's own come to, and the releases that they are from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nautiloid.debian.archive import Pocket, load_index, pockets
from nautiloid.debian.index import PackageIndex
from nautiloid.debian.mirrors import Mirrors
from nautiloid.debian.release import Release
from nautiloid.debian.solver import Closure, solve
from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import ExcusedDependency, LockedDeb, LockedRelease
from nautiloid.net.fetch import Fetcher


@dataclass(frozen=True)
class Archive:
    """A definition's Debian release, as the archive has it at this moment.

    Attributes:
        index: Its packages.
        releases: The releases that were read, each with its pocket.
    """

    definition: Definition
    index: PackageIndex
    releases: tuple[tuple[Pocket, Release], ...]

    @property
    def locked_releases(self) -> tuple[LockedRelease, ...]:
        """The releases as a lock has them."""
        return tuple(
            LockedRelease(archive=pocket.archive, suite=release.suite or "", date=release.date, sha256=release.sha256)
            for pocket, release in self.releases
        )

    def closure(self, packages: Sequence[str]) -> Closure:
        """Return all that packages need, of what the definition lets in.

        Args:
            packages: What is asked for, as relations.

        Raises:
            UnsatisfiableError: A package cannot be had.
        """
        return solve(self.index, packages, never=set(self.definition.debian.never))


def read_archive(definition: Definition, fetcher: Fetcher, mirrors: Mirrors) -> Archive:
    """Read a definition's Debian release.

    Args:
        definition: Says which release, processor and pockets, and what never enters.
        fetcher: The way to downloads.
        mirrors: Where the archives are.

    Raises:
        NautiloidError: The archive cannot be had or verified.
    """
    debian = definition.debian
    with fetcher.progress.task("Read the Debian archive"):
        release_only = debian.pockets == "release"
        parts = pockets(debian.suite, release_only=release_only)
        index, releases = load_index(
            debian.suite,
            definition.architecture,
            fetcher=fetcher,
            mirrors={pocket.archive: mirrors.of(pocket.archive) for pocket in parts},
            components=debian.components,
            release_only=release_only,
        )
    return Archive(definition, index, tuple(zip(parts, releases, strict=True)))


def locked_debs(closure: Closure) -> tuple[LockedDeb, ...]:
    """Return the packages of a closure as a lock has them, each with what wanted it."""
    return tuple(
        LockedDeb(
            name=package.name,
            version=package.version,
            architecture=package.architecture,
            source=package.source,
            source_version=package.source_version,
            archive=package.archive,
            path=package.filename,
            size=package.size,
            sha256=package.sha256,
            wanted_by=closure.reasons[package.name].dependent or "",
            relation=str(closure.reasons[package.name].relation),
        )
        for package in closure.packages
    )


def excused_dependencies(closure: Closure) -> tuple[ExcusedDependency, ...]:
    """Return the dependencies that stay unmet because the definition does without what would meet them."""
    found = {(item.dependent or "", str(item.relation)) for item in closure.excused}
    return tuple(ExcusedDependency(package=package, relation=relation) for package, relation in sorted(found))
