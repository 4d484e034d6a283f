"""Releases of distributions: from what an image says of itself to what advisories call it."""

from __future__ import annotations

from collections.abc import Mapping

from packageurl import PackageURL

CODENAMES: Mapping[str, str] = {
    "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14",
    "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
}  # fmt: skip
"""Releases of Debian and Ubuntu by codename."""


def stated_distribution(purl: PackageURL) -> tuple[str, str]:
    """Return identity (``debian``) and release (``12``, ``bookworm``) that a purl names; either may be empty."""
    qualifiers = purl.qualifiers if isinstance(purl.qualifiers, dict) else {}
    identity, _, release = qualifiers.get("distro", "").partition("-")
    return identity, release


def ecosystem_of(purl: PackageURL, known: Mapping[str, str]) -> str | None:
    """Return the ecosystem of a purl's namespace or distribution.

    Args:
        purl: Of a distribution's package.
        known: Ecosystems by identity.
    """
    identity, _ = stated_distribution(purl)
    return known.get((purl.namespace or identity).lower()) or known.get(identity.lower())


def plain_release(stated: str, *, parts: int) -> str:
    """Return a release as advisories count it, such as ``12`` of ``bookworm`` and ``3.19`` of ``3.19.1``.

    Args:
        stated: A number or a codename.
        parts: How many numbers of it make a release.
    """
    release = CODENAMES.get(stated, stated if stated[:1].isdigit() else "")
    return ".".join(release.split(".")[:parts])
