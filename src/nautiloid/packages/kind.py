"""What there is to know about one kind of package, in one class: the seam at which a new kind is added.

A kind says how images record its packages, how they are named (purl), who publishes advisories about them, and which
order its versions have. ``packages.kinds.KINDS`` lists all kinds; cataloging and matching go by that list alone.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from packageurl import PackageURL

from nautiloid.buffer import Buffer
from nautiloid.elf.reader import Elf
from nautiloid.packages.component import Component
from nautiloid.packages.os_release import Distribution

VersionKey = Callable[[str], Any]
"""Returns a sort key for a version; raises ``InvalidVersionError`` for what is none."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where to look for advisories about one package.

    Attributes:
        ecosystem: Such as ``Debian`` or ``PyPI``, without a release.
        release: Such as ``12``; empty for ecosystems without releases, and where it is not known.
        name: As the ecosystem's advisories spell it: of the source package for Debian, Ubuntu and apk.
    """

    ecosystem: str
    release: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What one package list says belongs to a package.

    Attributes:
        path: Of the list itself, which belongs to the package too.
        version: Empty where nothing tells it.
        files: As the list names them, without leading slash; links of directories are not followed yet.
    """

    path: str
    name: str
    version: str
    files: tuple[str, ...]


class PackageKind(ABC):
    """One kind of package; every method has an answer for kinds that know nothing of the question.

    Attributes:
        name: How reports call the kind.
        purl_types: The types of its package URLs.
        of_system: It is installed by the distribution's package manager, which owns files before anybody else does.
        ecosystems: Whose advisories speak of it, as OSV spells them, each with the order of its versions.
    """

    name: ClassVar[str]
    purl_types: ClassVar[tuple[str, ...]]
    of_system: ClassVar[bool] = False
    ecosystems: ClassVar[Mapping[str, VersionKey]] = {}

    # -- files that tell of packages one by one, read while a layer streams by --------------------------

    def wants(self, path: str, size: int) -> bool:
        """Tell from path and size whether a file holds packages of this kind, all by itself."""
        del path, size
        return False

    def read(self, path: str, content: Buffer) -> list[Component]:
        """Return the packages of a wanted file.

        Raises:
            UnreadableError: It is damaged, or of a form that is not known.
        """
        del path, content
        return []

    def in_native(self, path: str, elf: Elf) -> tuple[Component, ...]:
        """Return the packages that a native file says it was made of."""
        del path, elf
        return ()

    # -- records that are read together when all layers are known ---------------------------------------

    def is_record(self, path: str) -> bool:
        """Tell whether a file is part of a package manager's own records."""
        del path
        return False

    def tells_packages(self, path: str) -> bool:
        """Tell whether packages are missed where this record cannot be read: it may be a link to nothing."""
        return self.is_record(path)

    @property
    def places(self) -> tuple[str, ...]:
        """Where records must lie: files, and directories whose names end with a slash; any of them may be a link."""
        return ()

    def packages(self, records: Mapping[str, bytes], distribution: Distribution) -> Iterable[Component]:
        """Return the packages that the records tell of.

        Args:
            records: Contents of all records of the image, of other kinds too, by path.
            distribution: What the image is made of.
        """
        del records, distribution
        return ()

    def bundled(self, records: Mapping[str, bytes]) -> Iterator[tuple[str, Component]]:
        """Yield what packages say is inside of them, each with the path of the list that says so."""
        del records
        yield from ()

    def unreadable(self, records: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
        """Yield path and reason of each record that could not be understood."""
        del records
        yield from ()

    def claims(self, records: Mapping[str, bytes]) -> Iterator[Claim]:
        """Yield which files belong to which package."""
        del records
        yield from ()

    # -- what they mean ---------------------------------------------------------------------------------

    def stands_alone(self, component: Component) -> bool:
        """Tell whether a component lies where packages of its kind are installed, not in another one's folder."""
        del component
        return True

    def of_distribution(self, component: Component, distribution: Distribution) -> Component:
        """Return a component whose purl says which distribution it is of, where the record alone could not know."""
        del distribution
        return component

    # -- advisories ---------------------------------------------------------------------------------------

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return where to look for advisories about a package; None where no ecosystem covers it.

        Args:
            purl: The package's; ``distro``, ``upstream`` and ``epoch`` qualifiers count.
            source: Name of its source package, where known.
            source_version: Version of that.
        """
        del purl, source, source_version
        return None

    def split_release(self, release: str) -> str:
        """Return an ecosystem's release, as advisories write it behind a colon, in its plain form."""
        return release

    def published_version(self, version: str) -> str:
        """Return the version that a package was made of, as advisories name it: without the label of a build."""
        return version

    def normal_name(self, name: str) -> str:
        """Return a name as it is looked up: in some worlds one name has many spellings."""
        return name

    def is_looked_up(self, name: str) -> bool:
        """Tell whether anybody would ask for the advisories about a name: those of others need not be kept."""
        del name
        return True


class LanguageKind(PackageKind):
    """A kind whose packages are installed by a language's own tools, and whose advisories know no releases."""

    separator: ClassVar[str] = "/"

    def coordinates(self, purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
        """Return the one ecosystem of the language."""
        del source, source_version
        for ecosystem in self.ecosystems:
            name = f"{purl.namespace}{self.separator}{purl.name}" if purl.namespace else purl.name
            return Coordinates(ecosystem, "", self.normal_name(name), purl.version or "")
        return None
