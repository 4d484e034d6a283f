"""Whose advisories a component is checked against: OSV's ecosystems, and the version order of each.

Source: ossf.github.io/osv-schema, "Defined ecosystems". A distribution's ecosystem carries its release
(``Debian:12``, ``Ubuntu:22.04:LTS``, ``Red Hat:enterprise_linux:9::baseos``); here it is split into a family and a
plain release, so that one look-up finds all spellings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from nautiloid.versions import alpine, debian, maven, python, rpm, semantic

Key = Callable[[str], Any]

_KEYS: Mapping[str, Key] = {
    "Debian": debian.version_key,
    "Ubuntu": debian.version_key,
    "Alpine": alpine.version_key,
    "Wolfi": alpine.version_key,
    "Chainguard": alpine.version_key,
    "AlmaLinux": rpm.version_key,
    "Rocky Linux": rpm.version_key,
    "Red Hat": rpm.version_key,
    "PyPI": python.version_key,
    "npm": semantic.version_key,
    "Go": semantic.version_key,
    "crates.io": semantic.version_key,
    "Maven": maven.version_key,
}

_DISTRIBUTIONS = {
    "debian": "Debian", "ubuntu": "Ubuntu", "alpine": "Alpine", "wolfi": "Wolfi", "chainguard": "Chainguard",
    "almalinux": "AlmaLinux", "rocky": "Rocky Linux", "rockylinux": "Rocky Linux", "rhel": "Red Hat",
    "redhat": "Red Hat",
}  # fmt: skip
_LANGUAGES = {"pypi": "PyPI", "npm": "npm", "golang": "Go", "cargo": "crates.io", "maven": "Maven"}
_ROLLING = ("Wolfi", "Chainguard")
_MAJOR_ONLY = ("Debian", "AlmaLinux", "Rocky Linux", "Red Hat")
_RED_HAT = re.compile(r"(?:enterprise_linux|rhel[a-z_]*):(\d+)")
_ENTERPRISE = re.compile(r"\.el(\d+)")
_CODENAMES = {
    "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14",
    "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
}  # fmt: skip

KNOWN = tuple(_KEYS)
"""Families whose versions can be compared."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where to look for advisories about one package.

    Attributes:
        family: Such as ``Debian`` or ``PyPI``.
        release: Such as ``12``; empty for families without releases, and where it is not known.
        name: As the family's advisories spell it: of the source package for Debian, Ubuntu and apk.
    """

    family: str
    release: str
    name: str
    version: str


def version_order(family: str) -> Key | None:
    """Return the sort key for the versions of a family; None for one that nobody here can compare."""
    return _KEYS.get(family)


def split_ecosystem(ecosystem: str) -> tuple[str, str]:
    """Split what a record says into family and release."""
    family, _, rest = ecosystem.partition(":")
    if family == "Red Hat":
        found = _RED_HAT.search(rest)
        return family, found[1] if found else rest
    if family == "Alpine":
        return family, rest.removeprefix("v")
    if family == "Ubuntu":
        return family, rest.removesuffix(":LTS")
    return family, rest


def normal_name(family: str, name: str) -> str:
    """Return a name as it is looked up; PyPI has many spellings for one (PEP 503)."""
    return canonicalize_name(name) if family == "PyPI" else name


def coordinates(address: PackageURL, source: str = "", source_version: str = "") -> Coordinates | None:
    """Return where to look for advisories about a package; None where no family of advisories covers its kind.

    Args:
        address: Its purl; ``distro``, ``upstream`` and ``epoch`` qualifiers count.
        source: Name of its source package, where known.
        source_version: Version of that.
    """
    version = address.version or ""
    if address.type in _LANGUAGES:
        family = _LANGUAGES[address.type]
        return Coordinates(family, "", normal_name(family, _language_name(address)), version)
    if address.type not in ("deb", "apk", "rpm"):
        return None
    qualifiers = address.qualifiers if isinstance(address.qualifiers, dict) else {}
    identity, _, stated = qualifiers.get("distro", "").partition("-")
    found = _DISTRIBUTIONS.get((address.namespace or identity).lower()) or _DISTRIBUTIONS.get(identity.lower())
    if found is None:
        return None
    name = address.name
    if address.type == "rpm":
        epoch = qualifiers.get("epoch", "")
        version = f"{epoch}:{version}" if epoch and ":" not in version else version
        stated = stated or ((match := _ENTERPRISE.search(version)) and match[1]) or ""
    else:
        upstream, _, upstream_version = qualifiers.get("upstream", "").partition("@")
        name = source or upstream or name
        if address.type == "deb":
            version = source_version or upstream_version or version
    return Coordinates(found, _release(found, stated or identity), name, version)


def _release(family: str, stated: str) -> str:
    release = _CODENAMES.get(stated, stated if stated[:1].isdigit() else "")
    if family in _ROLLING:
        return ""
    parts = release.split(".")
    return parts[0] if family in _MAJOR_ONLY else ".".join(parts[:2])


def _language_name(address: PackageURL) -> str:
    if not address.namespace:
        return address.name
    return f"{address.namespace}{':' if address.type == 'maven' else '/'}{address.name}"
