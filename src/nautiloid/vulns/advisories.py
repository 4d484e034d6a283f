"""What matching asks of whoever holds advisories; ``vulns.database`` answers from SQLite."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Protocol

from nautiloid.packages.kind import Coordinates
from nautiloid.vulns.model import AdvisorySource, Candidate, Exploited, Related


class Advisories(Protocol):
    """Advisories that can be asked about packages and about ids."""

    @property
    def sources(self) -> tuple[AdvisorySource, ...]:
        """What is held."""
        ...

    @property
    def exploited(self) -> Mapping[str, Exploited]:
        """Known exploited vulnerabilities, by CVE."""
        ...

    def has_ecosystem(self, ecosystem: str) -> bool:
        """Tell whether any advisories of an ecosystem are here."""
        ...

    def has_release(self, ecosystem: str, release: str) -> bool:
        """Tell whether any advisories about one release of an ecosystem are here."""
        ...

    def candidates(self, place: Coordinates) -> Iterator[Candidate]:
        """Yield the standing advisories that name a package."""
        ...

    def related(self, identities: Sequence[str], seen: Container[str]) -> Iterator[Related]:
        """Yield what other records say of a vulnerability that goes by any of these ids."""
        ...

    def epss(self, identity: str) -> float | None:
        """Return the probability, 0 to 1, that a CVE is exploited within 30 days; None where nobody says."""
        ...
