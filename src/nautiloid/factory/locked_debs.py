"""Lock the Debian side: the packages that the definition's own come to, and the releases that they are from."""

from __future__ import annotations

from collections.abc import Sequence

from nautiloid.debian.archive import load_index, pockets
from nautiloid.debian.mirrors import Mirrors
from nautiloid.debian.release import Release
from nautiloid.debian.solver import Closure, solve
from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import ExcusedDependency, LockedDeb
from nautiloid.net.fetch import Fetcher


def resolve_debs(
    definition: Definition, packages: Sequence[str], fetcher: Fetcher, mirrors: Mirrors
) -> tuple[list[tuple[str, Release]], Closure | None]:
    """Resolve packages of a definition's Debian release.

    Args:
        definition: Says which release, processor and pockets, and what never enters.
        packages: What is asked for.
        fetcher: The way to downloads.
        mirrors: Where the archives are.

    Returns:
        The releases that were read, each with its archive's name, and all that the packages need; nothing and None
        where none is asked for.

    Raises:
        NautiloidError: The archive cannot be had or verified, or a package cannot be had.
    """
    debian = definition.debian
    if not packages:
        return [], None
    with fetcher.progress.task("Read the Debian archive"):
        release_only = debian.pockets == "release"
        archives = [pocket.archive for pocket in pockets(debian.suite, release_only=release_only)]
        index, releases = load_index(
            debian.suite,
            definition.architecture,
            fetcher=fetcher,
            mirrors={archive: mirrors.of(archive) for archive in archives},
            components=debian.components,
            release_only=release_only,
        )
        closure = solve(index, packages, never=set(debian.never))
    return list(zip(archives, releases, strict=True)), closure


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
