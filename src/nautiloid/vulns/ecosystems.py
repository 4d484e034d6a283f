"""Whose advisories a component is checked against, and the version order of each: what the kinds of package say.

Source: ossf.github.io/osv-schema, "Defined ecosystems". A distribution's ecosystem carries its release
(``Debian:12``, ``Ubuntu:22.04:LTS``, ``Red Hat:enterprise_linux:9::baseos``); here it is split into the ecosystem and a
plain release, so that one look-up finds all spellings.
"""

from __future__ import annotations

from packageurl import PackageURL

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.kinds import BY_ECOSYSTEM, BY_PURL_TYPE
from nautiloid.vulns.matching import VersionOrder


def version_order(ecosystem: str) -> VersionOrder | None:
    """Return how the versions of an ecosystem are compared; None for one that nobody here can compare."""
    kind = BY_ECOSYSTEM.get(ecosystem)
    return VersionOrder(kind.ecosystems[ecosystem], kind.published_version) if kind is not None else None


def split_ecosystem(text: str) -> tuple[str, str]:
    """Split what a record says into ecosystem and release."""
    ecosystem, _, release = text.partition(":")
    kind = BY_ECOSYSTEM.get(ecosystem)
    return ecosystem, kind.split_release(release) if kind is not None else release


def normal_name(ecosystem: str, name: str) -> str:
    """Return a name as it is looked up."""
    kind = BY_ECOSYSTEM.get(ecosystem)
    return kind.normal_name(name) if kind is not None else name


def is_looked_up(ecosystem: str, name: str) -> bool:
    """Tell whether a scan could ever ask about a name, spelled as ``normal_name`` returns it."""
    kind = BY_ECOSYSTEM.get(ecosystem)
    return kind is None or kind.is_looked_up(name)


def is_of_system(purl: PackageURL) -> bool:
    """Tell whether a package is one of a distribution, which its package manager installs."""
    kind = BY_PURL_TYPE.get(purl.type)
    return kind is not None and kind.of_system


def coordinates(purl: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
    """Return where to look for advisories about a package; None where no ecosystem covers its kind.

    Args:
        purl: The package's; ``distro``, ``upstream`` and ``epoch`` qualifiers count.
        source: Name of its source package, where known.
        source_version: Version of that.
    """
    kind = BY_PURL_TYPE.get(purl.type)
    return kind.coordinates(purl, source, source_version) if kind is not None else None
