"""Package URLs (github.com/package-url/purl-spec), made of names that strangers chose."""

from __future__ import annotations

from collections.abc import Mapping

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from nautiloid.packages.os_release import Distribution


def purl(kind: str, namespace: str, name: str, version: str, qualifiers: Mapping[str, str | None] | None = None) -> str:
    """Return a package URL; empty qualifiers are left out. Empty where a name makes none, such as one of spaces."""
    given = {key: value for key, value in (qualifiers or {}).items() if value}
    try:
        return PackageURL(kind, namespace or None, name, version or None, given or None).to_string()
    except (ValueError, TypeError):
        # The library normalises first and joins then: what normalising leaves empty, it cannot join.
        return ""


def parse_purl(text: str) -> PackageURL | None:
    """Read a package URL; None for what is none."""
    try:
        parsed = PackageURL.from_string(text)
        parsed.to_string()
    except (ValueError, TypeError):
        return None
    return parsed


def debian_purl(
    name: str, version: str, architecture: str, source: str, source_version: str, distribution: Distribution
) -> str:
    """Return a package's URL; ``upstream`` names its source where that has another name or version."""
    upstream = "" if (source, source_version) == (name, version) else source
    if upstream and source_version != version:
        upstream = f"{source}@{source_version}"
    qualifiers = {"arch": architecture, "distro": distribution.qualifier, "upstream": upstream}
    return purl("deb", distribution.identity or "debian", name, version, qualifiers)


def pypi_purl(name: str, version: str) -> str:
    """Return a distribution's package URL, its name normalised (PEP 503) as purl's specification wants."""
    return purl("pypi", "", canonicalize_name(name), version)
