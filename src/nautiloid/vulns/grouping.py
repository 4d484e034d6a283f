"""Which ids mean the same vulnerability, and which of them a person wants to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ORDER = ("CVE-", "GHSA-", "PYSEC-", "RUSTSEC-", "GO-", "MAL-")
_CVE_INSIDE = re.compile(r"^(?:[A-Z]+-)?(CVE-\d{4}-\d+)$")


class Groups:
    """Disjoint sets of ids (union-find with path halving)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, identities: Iterable[str]) -> None:
        """State that all these ids mean one vulnerability."""
        first: str | None = None
        for identity in identities:
            root = self.root(identity)
            if first is None:
                first = root
            self._parent[root] = first

    def root(self, identity: str) -> str:
        """Return the id that stands for the group of this one."""
        parent = self._parent
        parent.setdefault(identity, identity)
        while parent[identity] != identity:
            parent[identity] = parent[parent[identity]]
            identity = parent[identity]
        return identity

    def members(self) -> dict[str, tuple[str, ...]]:
        """Return every group, sorted, by the id that stands for it."""
        found: dict[str, list[str]] = {}
        for identity in self._parent:
            found.setdefault(self.root(identity), []).append(identity)
        return {root: tuple(sorted(names)) for root, names in found.items()}


def same_as(identity: str, aliases: Sequence[str], upstream: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the groups of ids that one advisory states.

    An advisory with several CVEs upstream, such as an erratum, speaks of several vulnerabilities: it makes a group for
    each of them, and is itself an id of none.
    """
    cves = tuple(dict.fromkeys(name for name in upstream if name.startswith("CVE-")))
    if len(cves) <= 1:
        return [tuple(dict.fromkeys((identity, *aliases, *upstream)))]
    # Distributions repeat CVEs under names of their own (DEBIAN-CVE-2024-1): those follow their CVE.
    return [(cve, *(name for name in upstream if name != cve and _cve_of(name) == cve)) for cve in cves]


def shown_first(identities: Iterable[str]) -> str:
    """Return the id that a person wants to read: a CVE if there is one."""

    def place(identity: str) -> tuple[int, str]:
        rank = next((number for number, start in enumerate(_ORDER) if identity.startswith(start)), len(_ORDER))
        return rank, identity

    return min(set(identities), key=place)


def _cve_of(identity: str) -> str:
    match = _CVE_INSIDE.match(identity)
    return match[1] if match else ""
