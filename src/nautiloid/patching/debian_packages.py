"""Fix an image's Debian packages: from findings to files in the overlay."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nautiloid.net.fetch import Fetcher
from nautiloid.patching.contents import Contents
from nautiloid.patching.debian_fixes import DebianFixes
from nautiloid.patching.debs import DebPatcher
from nautiloid.patching.distributions import Upstream
from nautiloid.patching.installed import DpkgDatabase
from nautiloid.patching.judge import Judge
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.result import Fixes
from nautiloid.vulns.model import Finding


def fix_debian_packages(
    contents: Contents,
    overlay: Overlay,
    database: DpkgDatabase,
    upstream: Upstream,
    findings: Sequence[Finding],
    fetcher: Fetcher,
    allowed: Collection[str],
) -> Fixes:
    """Replace the packages that have a fix, with what must move along, where that is safe.

    Args:
        contents: The image.
        overlay: Receives the changes.
        database: The image's.
        upstream: Where the fixed packages come from.
        findings: What has a fix.
        fetcher: The way to downloads.
        allowed: Packages whose maintainer scripts need not run, as the user knows.

    Raises:
        NautiloidError: The archive cannot be read, or is not signed by whom it should be.
    """
    held = {installed.package.source for installed in database.debs.values()}
    if not any(finding.package in held for finding in findings):
        return Fixes()
    with fetcher.progress.task("Read the distribution's archive"):
        index = upstream.index(database.architecture, fetcher)
    patcher = DebPatcher(contents, database, overlay)
    judge = Judge(lambda package: upstream.fetch(package, fetcher), patcher, database, frozenset(allowed))
    fixes = DebianFixes(database, index, judge)
    chosen = fixes.choose(findings, fetcher.progress)
    return Fixes(fixes.replace(chosen.packages, patcher), chosen.refused, chosen.notes)
