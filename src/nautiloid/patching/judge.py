"""Which packages may be replaced: by where their files lie, and by what their maintainer scripts would do."""

from __future__ import annotations

from collections.abc import Callable, Collection

from nautiloid.debian.deb import DebFile
from nautiloid.debian.index import Package
from nautiloid.patching.debs import DebPatcher, PlacementError
from nautiloid.patching.installed import DpkgDatabase
from nautiloid.patching.safety import objections


class Judge:
    """Knows of each new package whether it may be replaced; each is fetched and looked at once.

    Args:
        fetch: Brings a package of the archive.
        patcher: Would replace it.
        database: Of the image.
        allowed: Packages whose maintainer scripts need not run, as the user knows.
    """

    def __init__(
        self,
        fetch: Callable[[Package], DebFile],
        patcher: DebPatcher,
        database: DpkgDatabase,
        allowed: Collection[str],
    ) -> None:
        self._fetch, self._patcher, self._database, self._allowed = fetch, patcher, database, allowed
        self._debs: dict[str, DebFile] = {}
        self._reasons: dict[str, tuple[str, ...]] = {}

    def deb(self, package: Package) -> DebFile:
        """Return a package's file."""
        if package.sha256 not in self._debs:
            self._debs[package.sha256] = self._fetch(package)
        return self._debs[package.sha256]

    def reasons(self, package: Package) -> tuple[str, ...]:
        """Return why a package must stay as it is; nothing where it may be replaced."""
        if package.sha256 not in self._reasons:
            self._reasons[package.sha256] = self._judge(package)
        return self._reasons[package.sha256]

    def _judge(self, package: Package) -> tuple[str, ...]:
        deb = self.deb(package)
        try:
            self._patcher.check(deb)
        except PlacementError as error:
            return (str(error),)
        if package.name in self._allowed:
            return ()
        return objections(deb, self._database.debs.get(package.name), self._database)
