"""Relations between packages: ``libc6 (>= 2.36), debconf | debconf-2.0, python3:any [amd64] <!nocheck>``.

Source: Debian Policy chapter 7; architecture restrictions from section 11.1, build profiles from the
BuildProfileSpec.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from nautiloid.errors import NautiloidError
from nautiloid.versions.debian import satisfies

_ALTERNATIVE = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9][A-Za-z0-9+._-]*)
        (?::(?P<qualifier>[a-z0-9-]+))?
        \s*(?:\(\s*(?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[A-Za-z0-9.+~:-]+)\s*\))?
        \s*(?:\[(?P<architectures>[^\]]*)\])?
        \s*(?P<profiles>(?:<[^>]*>\s*)*)\s*""",
    re.VERBOSE | re.ASCII,
)


class RelationSyntaxError(NautiloidError):
    """A text is not a package relation."""


@dataclass(frozen=True)
class Alternative:
    """One package that would do, perhaps within a range of versions.

    Attributes:
        name: A package's own name or a name that packages provide.
        operator: ``<<``, ``<=``, ``=``, ``>=``, ``>>``, or empty for any version.
        version: The bound, or empty.
        qualifier: What follows the colon (``any``, ``native`` or an architecture), or empty.
    """

    name: str
    operator: str = ""
    version: str = ""
    qualifier: str = ""

    def accepts(self, version: str) -> bool:
        """Say whether a real package of this name and ``version`` would do."""
        return not self.operator or satisfies(version, self.operator, self.version)

    def accepts_provided(self, version: str | None) -> bool:
        """Say whether a ``Provides`` would do; without a version it meets no constraint (Policy 7.5)."""
        return not self.operator or (version is not None and satisfies(version, self.operator, self.version))

    def reaches(self, architecture: str) -> bool:
        """Say whether the qualifier allows a package installed for ``architecture``."""
        return self.qualifier in ("", "any", "native", architecture)

    def __str__(self) -> str:
        name = f"{self.name}:{self.qualifier}" if self.qualifier else self.name
        return f"{name} ({self.operator} {self.version})" if self.operator else name


@dataclass(frozen=True)
class Relation:
    """Alternatives in order of preference, any one of which is enough."""

    alternatives: tuple[Alternative, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.alternatives))


@lru_cache(maxsize=65536)
def parse_relations(
    text: str, architecture: str = "amd64", profiles: frozenset[str] = frozenset()
) -> tuple[Relation, ...]:
    """Parse a relation field as it applies to one architecture.

    Args:
        text: The field's value; empty means no relations.
        architecture: Alternatives that are restricted to other architectures are dropped, and so is a
            relation of which nothing is left.
        profiles: The active build profiles.

    Raises:
        RelationSyntaxError: The text does not follow the grammar.
    """
    relations = []
    for clause in text.split(","):
        if not clause.strip():
            continue
        kept = tuple(
            alternative
            for part in clause.split("|")
            if (alternative := _parse_alternative(part, architecture, profiles)) is not None
        )
        if kept:
            relations.append(Relation(kept))
    return tuple(relations)


def _parse_alternative(text: str, architecture: str, profiles: Collection[str]) -> Alternative | None:
    match = _ALTERNATIVE.fullmatch(text)
    if match is None:
        raise RelationSyntaxError(f"{text.strip()!r} is not a package relation", "Write it like this: libc6 (>= 2.36)")
    restricted = match["architectures"]
    if restricted is not None and not _architecture_listed(restricted.split(), architecture):
        return None
    if match["profiles"] and not _profiles_allow(match["profiles"], profiles):
        return None
    return Alternative(match["name"], match["operator"] or "", match["version"] or "", match["qualifier"] or "")


def _architecture_listed(restrictions: list[str], architecture: str) -> bool:
    """Evaluate ``[amd64 arm64]`` or ``[!i386 !hurd-any]``; a list is all positive or all negative."""
    negative = any(item.startswith("!") for item in restrictions)
    listed = any(_architecture_matches(item.removeprefix("!"), architecture) for item in restrictions)
    return listed != negative


def _architecture_matches(wildcard: str, architecture: str) -> bool:
    """Match ``any``, ``linux-any``, ``any-amd64``; an architecture without a prefix is Linux's."""
    if wildcard in ("any", architecture):
        return True
    system, _, cpu = wildcard.rpartition("-")
    own_system, _, own_cpu = architecture.rpartition("-")
    return bool(system) and system in ("any", own_system or "linux") and cpu in ("any", own_cpu)


def _profiles_allow(formula: str, active: Collection[str]) -> bool:
    """Evaluate ``<!nocheck !cross> <stage1>``: any group whose terms all hold."""
    groups = re.findall(r"<([^>]*)>", formula)
    return any(
        all((term.removeprefix("!") in active) != term.startswith("!") for term in group.split()) for group in groups
    )
