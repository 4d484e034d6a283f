"""Advisories of our own: which CVEs the packages' own changelogs say were fixed since the previous lock."""

from __future__ import annotations

from dataclasses import dataclass

from nautiloid.debian.changelog import entries_since, read_changelog
from nautiloid.debian.deb import read_deb
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.lockfile import Lock, LockedDeb
from nautiloid.net.fetch import Download, Fetcher
from nautiloid.versions.debian import compare_versions


@dataclass(frozen=True, slots=True)
class ChangelogFixes:
    """What one source package's changelog names between two of its versions.

    Attributes:
        cves: Sorted, each once.
        entries: How many changelog entries lie between the two versions.
    """

    source: str
    before: str
    after: str
    cves: tuple[str, ...]
    entries: int


def changelog_fixes(old: Lock, new: Lock, fetcher: Fetcher, mirrors: Mirrors) -> tuple[ChangelogFixes, ...]:
    """Read the changelogs of every source package that moved forward, and return those that name a CVE.

    Args:
        old: The previous lock.
        new: The lock; its packages are fetched where the cache lacks them.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.

    Raises:
        NautiloidError: A package cannot be fetched or read.
    """
    before = {deb.source: deb.source_version for deb in old.debs}
    moved: dict[str, list[LockedDeb]] = {}
    for deb in new.debs:
        if deb.source in before and compare_versions(deb.source_version, before[deb.source]) > 0:
            moved.setdefault(deb.source, []).append(deb)
    downloads = [
        Download(deb.path, mirrors.of(deb.archive, deb.at or new.timestamp), deb.sha256, deb.size, deb.name)
        for debs in moved.values()
        for deb in debs
    ]
    paths = fetcher.fetch_all(downloads, title="Fetch Debian packages")
    found = []
    for source, debs in sorted(moved.items()):
        # Packages of one source often share one documentation directory, and with it one changelog.
        texts = (read_changelog(read_deb(paths[deb.sha256])) for deb in debs)
        text = next(filter(None, texts), "")
        entries = entries_since(text, before[source])
        cves = sorted({cve for entry in entries for cve in entry.cves})
        if cves:
            found.append(ChangelogFixes(source, before[source], debs[0].source_version, tuple(cves), len(entries)))
    return tuple(found)
