"""The packages that an archive offers, looked up by name or by what they provide.

A ``Packages`` file of a Debian release has some 63,000 stanzas, of which a closure needs a few dozen: a
stanza is parsed when it is first asked for. Format: Debian repository format, "Packages Indices".
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass

from nautiloid.debian.control import Stanza, split_stanzas
from nautiloid.debian.relation import Alternative, Relation, parse_relations
from nautiloid.versions.debian import version_key

# Adding reads names alone; versions and restrictions are read when a provider is parsed.
_PROVIDES = re.compile(r"\nProvides:((?:[^\n]|\n[ \t])*)")
_PROVIDED_NAME = re.compile(r"(?:^|,)\s*([^\s,(:\[]+)")
_SOURCE = re.compile(r"(?P<name>\S+)(?:\s+\((?P<version>[^)]+)\))?")


@dataclass(frozen=True)
class Provided:
    """A name that a package answers to, with the version it claims, if it claims one."""

    name: str
    version: str | None = None


@dataclass(frozen=True)
class Package:
    """One binary package of an archive.

    Attributes:
        source: Name of the source package it was built from.
        source_version: Version of that source package.
        filename: Path below the archive's base (``pool/...``).
        size: Bytes of the ``.deb``.
        sha256: Hash of the ``.deb``.
        installed_size: Estimated KiB on disk.
        summary: First line of the description.
        archive: ``debian`` or ``debian-security``: below which base the file lies.
        suite: The suite that listed it (``bookworm-updates``).
    """

    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    filename: str
    size: int
    sha256: str
    installed_size: int
    depends: tuple[Relation, ...]
    pre_depends: tuple[Relation, ...]
    conflicts: tuple[Relation, ...]
    breaks: tuple[Relation, ...]
    provides: tuple[Provided, ...]
    essential: bool
    multi_arch: str
    section: str
    summary: str
    archive: str
    suite: str

    def meets(self, alternative: Alternative) -> bool:
        """Say whether this package is what ``alternative`` asks for, by its own name or one it provides."""
        if alternative.name == self.name and alternative.accepts(self.version):
            return True
        return any(
            provided.name == alternative.name and alternative.accepts_provided(provided.version)
            for provided in self.provides
        )

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class _Entry:
    """A stanza that nobody has asked for yet."""

    text: str
    archive: str
    suite: str


class PackageIndex:
    """All packages of several ``Packages`` files for one architecture.

    What it answers does not depend on the order in which files were added.
    """

    def __init__(self, architecture: str = "amd64") -> None:
        self.architecture = architecture
        self._entries: defaultdict[str, list[_Entry]] = defaultdict(list)
        self._providers: defaultdict[str, set[str]] = defaultdict(set)
        self._parsed: dict[str, tuple[Package, ...]] = {}

    def add(self, text: str, *, archive: str, suite: str) -> None:
        """Add one ``Packages`` file.

        Args:
            text: The uncompressed file.
            archive: ``debian`` or ``debian-security``.
            suite: The suite the file belongs to.
        """
        self._parsed.clear()
        for chunk in split_stanzas(text):
            # Archives write Package first; anything else takes the slow way.
            name = chunk[9:].partition("\n")[0] if chunk.startswith("Package: ") else Stanza(chunk).require("Package")
            self._entries[name].append(_Entry(chunk, archive, suite))
            # Searching for plain text first: most packages provide nothing.
            if "\nProvides:" in chunk and (provides := _PROVIDES.search(chunk)):
                for provided in _PROVIDED_NAME.findall(provides[1]):
                    self._providers[provided].add(name)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def candidates(self, name: str) -> tuple[Package, ...]:
        """Return every version of a package, newest first; empty when there is none of this name."""
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def best(self, name: str) -> Package | None:
        """Return the newest version of a package."""
        return next(iter(self.candidates(name)), None)

    def satisfying(self, alternative: Alternative) -> tuple[Package, ...]:
        """Return all packages that would do: the name's own, newest first, then its providers by name."""
        if not alternative.reaches(self.architecture):
            return ()
        providers = sorted(self._providers.get(alternative.name, set()) - {alternative.name})
        return tuple(
            package
            for name in (alternative.name, *providers)
            for package in self.candidates(name)
            if package.meets(alternative)
        )

    def nearest_names(self, name: str, count: int = 3) -> list[str]:
        """Return known names that look like a mistyped one."""
        # Comparing with all names takes seconds; a slip in the first letter is rare.
        similar = [known for known in self._entries if known[:1] == name[:1]]
        return difflib.get_close_matches(name, sorted(similar), n=count, cutoff=0.7)

    def _parse(self, name: str) -> tuple[Package, ...]:
        packages = [self._package(entry) for entry in self._entries.get(name, ())]
        # The same version in two suites is one candidate; the alphabetically first suite speaks for it.
        packages.sort(key=lambda package: (package.archive, package.suite, package.sha256))
        unique = {version_key(package.version): package for package in reversed(packages)}
        return tuple(unique[key] for key in sorted(unique, reverse=True))

    def _package(self, entry: _Entry) -> Package:
        stanza = Stanza(entry.text)
        name, version = stanza.require("Package"), stanza.require("Version")
        source = _SOURCE.match(stanza.get("Source", name))
        return Package(
            name=name,
            version=version,
            architecture=stanza.require("Architecture"),
            source=source["name"] if source else name,
            source_version=(source["version"] if source else None) or version,
            filename=stanza.require("Filename"),
            size=stanza.number("Size"),
            sha256=stanza.require("SHA256"),
            installed_size=stanza.number("Installed-Size") if "Installed-Size" in stanza else 0,
            depends=self._relations(stanza, "Depends"),
            pre_depends=self._relations(stanza, "Pre-Depends"),
            conflicts=self._relations(stanza, "Conflicts"),
            breaks=self._relations(stanza, "Breaks"),
            provides=tuple(
                Provided(relation.alternatives[0].name, relation.alternatives[0].version or None)
                for relation in self._relations(stanza, "Provides")
            ),
            essential=stanza.get("Essential", "no") == "yes",
            multi_arch=stanza.get("Multi-Arch", "no"),
            section=stanza.get("Section", ""),
            summary=stanza.get("Description", "").split("\n", 1)[0],
            archive=entry.archive,
            suite=entry.suite,
        )

    def _relations(self, stanza: Stanza, field: str) -> tuple[Relation, ...]:
        return parse_relations(stanza.get(field, ""), self.architecture)
