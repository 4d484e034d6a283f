"""Patch an image: find what has a fix, take what can be taken safely, and add one layer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from nautiloid import labels
from nautiloid.debian.archive import load_index
from nautiloid.debian.deb import DebFile, read_deb
from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.moving import move
from nautiloid.debian.relation import Relation
from nautiloid.errors import UsageError
from nautiloid.factory.locker import Mirrors
from nautiloid.inspect.inspection import inspect_image
from nautiloid.inspect.inventory import Inspection
from nautiloid.net.fetch import Download, Fetcher
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import (
    Descriptor,
)
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.patching.contents import Contents, read_contents
from nautiloid.patching.debs import DebPatcher
from nautiloid.patching.distributions import Upstream, debian_architecture, upstream_of
from nautiloid.patching.installed import DpkgDatabase, read_database
from nautiloid.patching.judge import Judge
from nautiloid.patching.new_image import created, write_patched
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.wheels import UnfitWheelError, WheelPatcher
from nautiloid.progress import Progress
from nautiloid.subjects.reading import of_inspection
from nautiloid.versions.debian import version_key
from nautiloid.versions.python import version_key as python_key
from nautiloid.vulns.database.reader import AdvisoryDatabase
from nautiloid.vulns.result import Finding, ScanResult, State
from nautiloid.vulns.scan import scan


@dataclass(frozen=True)
class Patched:
    """A package that was replaced, or brought in because a fix needs it (then ``before`` is empty).

    Attributes:
        kind: ``deb`` or ``wheel``.
        kept: Configuration files that stay as somebody edited them.
    """

    kind: str
    name: str
    before: str
    after: str
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A source package or distribution that has a fix and stays as it is.

    Attributes:
        reasons: Each with the package that it is about.
    """

    kind: str
    name: str
    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class PatchResult:
    """What patching did, or would do.

    Attributes:
        image: The new image; None where nothing was changed or nothing was to be written.
        size: Compressed bytes of the new layer.
        after: The new image's scan.
        notes: What a reader must know, in sentences.
    """

    patched: tuple[Patched, ...]
    refused: tuple[Refused, ...]
    before: ScanResult
    after: ScanResult | None = None
    image: Descriptor | None = None
    size: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Patching:
    """The surroundings: the store, the way to downloads, and the advisories.

    Attributes:
        allowed: Packages whose maintainer scripts need not run, as the user knows.
    """

    store: Layout
    fetcher: Fetcher
    mirrors: Mirrors
    database: AdvisoryDatabase
    allowed: Collection[str] = ()

    @property
    def progress(self) -> Progress:
        """Who is told about long work."""
        return self.fetcher.progress

    def patch(self, source: ImageSource, name: str, reference: str, *, write: bool = True) -> PatchResult:
        """Patch an image.

        Args:
            source: The image; it is only read.
            name: What the user calls it.
            reference: The new image's name in the store.
            write: Whether to make it; else only say what would be done.

        Raises:
            UsageError: It is an image that is better made anew.
            NautiloidError: It cannot be read, or something cannot be fetched or verified.
        """
        if labels.LOCK in source.image.manifest.annotations:
            raise UsageError(
                f"{name} was built from a lock", "Update the lock and build it again: 'nautiloid update --apply'."
            )
        inspection = inspect_image(source, name, self.progress)
        before = scan(of_inspection(inspection), self.database, self.progress)
        contents = read_contents(source, self.progress)
        upstream = upstream_of(contents, inspection.distribution_id, self.mirrors)
        architecture = debian_architecture(source.image.config.platform.architecture)
        with closing(Overlay(contents, int(created(source).timestamp()))) as overlay:
            patched: list[Patched] = []
            refused: list[Refused] = []
            notes = []
            database = read_database(contents, architecture)
            if upstream is not None:
                self._patch_debs(contents, database, upstream, before, overlay, patched, refused)
            elif database.debs:
                told = inspection.distribution or "no distribution is named"
                notes.append(f"Debian packages stay: os-release names no release of Debian or Ubuntu ({told})")
            suite = upstream.suite if upstream is not None else ""
            wheels = WheelPatcher(contents, overlay, self.fetcher.store, architecture, suite, self.progress)
            self._patch_wheels(wheels, inspection, before, patched, refused)
            result = PatchResult(tuple(patched), tuple(refused), before, notes=tuple(notes))
            if overlay.empty or not write:
                return result
            with self.progress.task("Write the layer"):
                image, size = write_patched(source, overlay, self.store, reference, len(patched))
        with open_image(reference, self.store) as made:
            after = scan(of_inspection(inspect_image(made, reference, self.progress)), self.database, self.progress)
        return replace(result, image=image, size=size, after=after)

    def _patch_debs(
        self,
        contents: Contents,
        database: DpkgDatabase,
        upstream: Upstream,
        before: ScanResult,
        overlay: Overlay,
        patched: list[Patched],
        refused: list[Refused],
    ) -> None:
        old = {name: installed.package for name, installed in database.debs.items()}
        held = {package.source for package in old.values()}
        sources = sorted({finding.package for finding in _fixable(before) if finding.package in held})
        if not sources:
            return
        with self.progress.task("Read the distribution's archive"):
            index, _ = load_index(
                upstream.suite, database.architecture, fetcher=self.fetcher, mirrors=upstream.mirrors,
                components=upstream.components, keyring=upstream.keyring, made_of=upstream.pockets,
            )  # fmt: skip
        new = {name: _newest(index, package) for name, package in old.items()}

        def offers(relation: Relation) -> Iterator[Package]:
            for alternative in relation.alternatives:
                yield from sorted(index.satisfying(alternative), key=lambda package: package.name not in old)

        patcher = DebPatcher(contents, database, overlay)
        judge = Judge(self._debs(upstream), patcher, database, frozenset(self.allowed))
        accepted: list[str] = []
        with self.progress.task("See what can be replaced safely", total=len(sources)) as task:
            for source in sources:
                wanted = _changed(old, move(old, new, [source], offers).packages)
                reasons = [f"{one.name}: {reason}" for one in wanted for reason in judge.reasons(one)]
                newest = next((one for one in wanted if one.source == source), None)
                if newest is None:
                    reasons = ["the archive has no newer version"]
                if reasons:
                    version = next(package.source_version for package in old.values() if package.source == source)
                    after = newest.source_version if newest is not None else ""
                    refused.append(Refused("deb", source, version, after, tuple(reasons)))
                else:
                    accepted.append(source)
                task.advance(1)
        stanzas = {}
        for package in _changed(old, move(old, new, accepted, offers).packages):
            done = patcher.replace(judge.deb(package))
            stanzas[package.name] = done.stanza
            version = old[package.name].version if package.name in old else ""
            patched.append(Patched("deb", package.name, version, package.version, done.kept))
        if stanzas:
            patcher.write_status(stanzas)

    def _debs(self, upstream: Upstream) -> Callable[[Package], DebFile]:
        def fetch(package: Package) -> DebFile:
            mirrors = tuple(upstream.mirrors[package.archive])
            one = Download(package.filename, mirrors, package.sha256, package.size, package.name)
            return read_deb(self.fetcher.fetch_all([one], title=f"Fetch {package.name}")[package.sha256])

        return fetch

    def _patch_wheels(
        self,
        wheels: WheelPatcher,
        inspection: Inspection,
        before: ScanResult,
        patched: list[Patched],
        refused: list[Refused],
    ) -> None:
        wanted: dict[str, str] = {}
        for finding in _fixable(before):
            for part in finding.parts:
                if part.purl.startswith("pkg:pypi/") and not part.within:
                    known = wanted.setdefault(part.purl, finding.fixed)
                    wanted[part.purl] = max(known, finding.fixed, key=python_key)
        for component in inspection.components:
            if component.within or component.purl not in wanted:
                continue
            name, fixed = canonicalize_name(component.name), wanted[component.purl]
            directory = component.evidence.lstrip("/").rpartition("/")[0]
            try:
                version = wheels.replace(directory, fixed)
            except UnfitWheelError as error:
                refused.append(Refused("wheel", name, component.version, fixed, (error.message,)))
            else:
                patched.append(Patched("wheel", name, component.version, version))


def _fixable(result: ScanResult) -> Iterator[Finding]:
    return (finding for finding in result.open if finding.state is State.FIXED)


def _newest(index: PackageIndex, package: Package) -> Package:
    """Return the archive's newest version of a package, or the package itself where it has none that is newer."""
    best = index.best(package.name)
    return best if best is not None and version_key(best.version) > version_key(package.version) else package


def _changed(old: Mapping[str, Package], new: Mapping[str, Package]) -> Sequence[Package]:
    return [package for name, package in sorted(new.items()) if package is not old.get(name)]
