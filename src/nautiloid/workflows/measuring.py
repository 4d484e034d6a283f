"""The lab's claim, measured: the hardened images against the control, by one scanner in one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautiloid.factory.build import build_image, find_built
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import check_fits, make_lock
from nautiloid.factory.lockfile import Lock, LockError, read_lock, write_lock
from nautiloid.inspect.cache import inspect_once
from nautiloid.inspect.comparison import Comparison, compare
from nautiloid.inspect.inventory import Inspection
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.oci.source import open_image
from nautiloid.sbom.attach import attach_bills
from nautiloid.subjects.reading import of_inspection
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.database.schema import default_path
from nautiloid.vulns.result import ScanResult
from nautiloid.vulns.scan import scan

CONTROL, HARDENED = "control-pytorch", "pytorch"


@dataclass(frozen=True)
class Measuring:
    """Builds what is to be compared, and compares it.

    Attributes:
        work: Where the locks go.
        cache: Nautiloid's cache directory.
    """

    work: Path
    cache: Path
    layout: Layout
    fetcher: Fetcher

    def compare(self, *further: str) -> Comparison:
        """Compare the hardened image, and further ones that are built already, with the control.

        Raises:
            NautiloidError: An image cannot be built or read.
        """
        names = [self._built(CONTROL), self._built(HARDENED), *further]
        return compare([self.inspect(name) for name in names])

    def scan(self, comparison: Comparison) -> tuple[ScanResult, ...]:
        """Scan the compared images against the advisories that are held here; none where there is no database.

        Raises:
            DatabaseError: The database is there and cannot be read.
        """
        database = default_path()
        if not database.exists():
            return ()
        with open_database(database) as opened:
            return tuple(scan(of_inspection(image), opened, self.fetcher.progress) for image in comparison.images)

    def inspect(self, name: str) -> Inspection:
        """Inspect an image of the store; tables call it by its short name."""
        short = name.removeprefix(CATALOG_PREFIX).removesuffix(":latest")
        with open_image(name, self.layout) as source:
            return inspect_once(source, short, self.cache, self.fetcher.progress)

    def lock(self, name: str) -> Lock:
        """Return the lock of a catalog image in the work directory; a new one where it no longer fits."""
        loaded = load_definition(name)
        path = self.work / f"{name}.lock"
        try:
            lock = read_lock(path)
            check_fits(lock, loaded, path)
        except LockError:
            lock = make_lock(loaded, self.fetcher)
            write_lock(lock, path)
        return lock

    def _built(self, name: str) -> str:
        """Build an image that is only looked at, so that no self-test is owed."""
        reference = f"{CATALOG_PREFIX}{name}:latest"
        lock = self.lock(name)
        if find_built(self.layout, reference, lock) is None:
            loaded = load_definition(name)
            built = build_image(lock, loaded, self.layout, self.cache, self.fetcher, reference=reference)
            attach_bills(self.layout, built.descriptor, lock, reference)
        return reference
