"""Fix an image's packages: Debian's first, then Python's, all into one overlay."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from nautiloid.debian.mirrors import Mirrors
from nautiloid.inspection.inventory import Inspection
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.source import ImageSource
from nautiloid.patching.contents import Contents, read_contents
from nautiloid.patching.debian_packages import fix_debian_packages
from nautiloid.patching.distributions import debian_architecture, upstream_of
from nautiloid.patching.installed import read_database
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.result import Fixes
from nautiloid.patching.wheel_fixes import fix_wheels
from nautiloid.vulns.model import Finding


@dataclass(frozen=True)
class Fixing:
    """How packages are replaced.

    Attributes:
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        allowed: Packages whose maintainer scripts need not run, as the user knows.
    """

    fetcher: Fetcher
    mirrors: Mirrors = field(default_factory=Mirrors)
    allowed: Collection[str] = ()

    @contextmanager
    def overlay(self, source: ImageSource, mtime: int) -> Iterator[tuple[Contents, Overlay]]:
        """Lend an image's files, and an empty overlay over them.

        Args:
            source: The image.
            mtime: Seconds since 1970, for what has no time of its own.
        """
        contents = read_contents(source, self.fetcher.progress)
        with closing(Overlay(contents, mtime)) as overlay:
            yield contents, overlay

    def fix(
        self,
        contents: Contents,
        overlay: Overlay,
        inspection: Inspection,
        architecture: str,
        findings: Sequence[Finding],
    ) -> Fixes:
        """Put the fixed packages into the overlay, and say what was done and what was not.

        Args:
            contents: The image's files.
            overlay: Receives the changes.
            inspection: Of the image.
            architecture: The image's processor, as OCI names it.
            findings: What has a fix.

        Raises:
            NautiloidError: Something cannot be fetched or verified.
        """
        native = debian_architecture(architecture)
        upstream = upstream_of(contents, inspection.distribution_id, self.mirrors)
        database = read_database(contents, native)
        fixes = Fixes()
        if upstream is not None:
            fixes += fix_debian_packages(contents, overlay, database, upstream, findings, self.fetcher, self.allowed)
        elif database.debs:
            named = inspection.distribution or "no distribution is named"
            fixes += Fixes(notes=(f"Debian packages stay: os-release names no release of Debian or Ubuntu ({named})",))
        suite = upstream.suite if upstream is not None else ""
        return fixes + fix_wheels(contents, overlay, (native, suite), inspection.components, findings, self.fetcher)
