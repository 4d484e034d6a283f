"""What locked Debian packages say of themselves: their control data, read from the packages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nautiloid.debian.deb import read_deb
from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.lockfile import Lock, LockedDeb
from nautiloid.net.fetch import Download, Fetcher


def control_data(locks: Sequence[Lock], fetcher: Fetcher, mirrors: Mirrors) -> Callable[[LockedDeb], Package]:
    """Return what reads a locked package's control data; the packages of all locks are fetched first, at once.

    Args:
        locks: Whose packages will be asked for.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.

    Raises:
        NautiloidError: A package cannot be had any more.
    """
    downloads = {
        deb.sha256: Download(
            deb.path, mirrors.of(deb.archive, deb.at or lock.timestamp), deb.sha256, deb.size, deb.name
        )
        for lock in locks
        for deb in lock.debs
    }
    paths = fetcher.fetch_all(list(downloads.values()), title="Fetch Debian packages")
    known: dict[str, Package] = {}

    def package(deb: LockedDeb) -> Package:
        if deb.sha256 not in known:
            index = PackageIndex(locks[0].definition.architecture)
            text = read_deb(paths[deb.sha256]).control.text
            file = f"Filename: {deb.path}\nSize: {deb.size}\nSHA256: {deb.sha256}"
            index.add(f"{text.rstrip()}\n{file}\n", archive=deb.archive, suite="")
            known[deb.sha256] = index.candidates(deb.name)[0]
        return known[deb.sha256]

    return package
