"""Which Debian packages of an image are replaced, so that what has a fix is fixed and nothing unsafe is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nautiloid.debian.index import Package, PackageIndex
from nautiloid.debian.moving import move
from nautiloid.debian.relation import Relation
from nautiloid.patching.debs import DebPatcher
from nautiloid.patching.installed import DpkgDatabase
from nautiloid.patching.judge import Judge
from nautiloid.patching.result import Patched, Refused
from nautiloid.progress import Progress
from nautiloid.versions.debian import version_key
from nautiloid.vulns.model import Finding


@dataclass(frozen=True)
class Chosen:
    """What can be replaced safely, and what cannot.

    Attributes:
        packages: The new packages, by name.
        notes: Fixes that the archive does not have yet, in sentences.
    """

    packages: tuple[Package, ...]
    refused: tuple[Refused, ...]
    notes: tuple[str, ...]


class DebianFixes:
    """Chooses and replaces packages.

    Args:
        database: The image's dpkg database.
        index: What the distribution's archive offers.
        judge: Knows what may be replaced.
    """

    def __init__(self, database: DpkgDatabase, index: PackageIndex, judge: Judge) -> None:
        self._index, self._judge = index, judge
        self._old = {name: installed.package for name, installed in database.debs.items()}
        self._new = {name: _newest(index, package) for name, package in self._old.items()}

    def choose(self, findings: Sequence[Finding], progress: Progress) -> Chosen:
        """Choose source packages one by one: each is taken with all that must move along, or refused.

        Args:
            findings: What has a fix; those of packages that dpkg did not install are passed over.
            progress: Counts source packages.
        """
        held = {package.source for package in self._old.values()}
        sources = sorted({finding.package for finding in findings if finding.package in held})
        accepted: list[str] = []
        refused: list[Refused] = []
        notes: list[str] = []
        with progress.task("See what can be replaced safely", total=len(sources)) as task:
            for source in sources:
                fixes = [finding for finding in findings if finding.package == source]
                refusal, waiting = self._try(source, accepted, fixes)
                if refusal is None:
                    accepted.append(source)
                    notes += waiting
                else:
                    refused.append(refusal)
                task.advance(1)
        return Chosen(self._moved(accepted), tuple(refused), tuple(notes))

    def replace(self, packages: Sequence[Package], patcher: DebPatcher) -> tuple[Patched, ...]:
        """Put packages into the overlay, and write dpkg's status."""
        stanzas, patched = {}, []
        for package in packages:
            done = patcher.replace(self._judge.deb(package))
            stanzas[package.name] = done.stanza
            version = self._old[package.name].version if package.name in self._old else ""
            patched.append(Patched("deb", package.name, version, package.version, done.kept))
        if stanzas:
            patcher.write_status(stanzas)
        return tuple(patched)

    def _try(self, source: str, accepted: Sequence[str], fixes: Sequence[Finding]) -> tuple[Refused | None, list[str]]:
        """Return why a source package must stay, or what its newest version still has."""
        wanted = self._moved([*accepted, source])
        newest = next((one for one in wanted if one.source == source), None)
        version = next(package.source_version for package in self._old.values() if package.source == source)
        if newest is None:
            return Refused("deb", source, version, "", ("the archive has no newer version",)), []
        key = version_key(newest.source_version)
        waiting = [finding for finding in fixes if version_key(finding.fixed) > key]
        if len(waiting) == len(fixes):
            needed = max((finding.fixed for finding in waiting), key=version_key)
            old = f"the archive's newest version, {newest.source_version}, is older than the fix, {needed}"
            return Refused("deb", source, version, newest.source_version, (old,)), []
        reasons = tuple(f"{one.name}: {reason}" for one in wanted for reason in self._judge.reasons(one))
        if reasons:
            return Refused("deb", source, version, newest.source_version, reasons), []
        return None, [
            f"{source} {newest.source_version} still has {one.identity}, which {one.fixed} fixes: the archive lacks it"
            for one in waiting
        ]

    def _moved(self, sources: Sequence[str]) -> tuple[Package, ...]:
        """Return the packages that are others once these source packages have moved."""
        moved = move(self._old, self._new, sources, self._offers).packages
        return tuple(package for name, package in sorted(moved.items()) if package is not self._old.get(name))

    def _offers(self, relation: Relation) -> Iterator[Package]:
        for alternative in relation.alternatives:
            found = self._index.satisfying(alternative)
            yield from sorted(found, key=lambda package: package.name not in self._old)


def _newest(index: PackageIndex, package: Package) -> Package:
    """Return the archive's newest version of a package, or the package itself where it has none that is newer."""
    best = index.best(package.name)
    return best if best is not None and version_key(best.version) > version_key(package.version) else package
