"""What native libraries are held against, counted: no package manager knows them, so silence needs an account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.native_projects import DEBIAN, project_of
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.model import LibraryCheck


@dataclass
class LibraryCoverage:
    """What is counted while libraries are looked up.

    Attributes:
        checks: How many libraries were held against what.
        lacking: How many lack advisories that are published, and not held here, by whose those are.
        asked: Ecosystems that were.
    """

    checks: Counter[LibraryCheck] = field(default_factory=Counter)
    lacking: Counter[tuple[str, bool]] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    def count(self, place: Coordinates, advisories: Advisories) -> LibraryCheck:
        """Count a library of a known project, and return what it can be held against."""
        project = project_of(place.name)
        published = project.ecosystems if project else ()
        held = {name for name in published if advisories.has_ecosystem(name)}
        if project and project.debian and advisories.has_ecosystem(DEBIAN):
            held.add(DEBIAN)
        self.asked |= held
        for name in published:
            if name not in held:
                self.lacking[name, bool(held)] += 1
        upstream = held - {DEBIAN}
        check = LibraryCheck.UPSTREAM if upstream else LibraryCheck.DEBIAN if held else LibraryCheck.NOT_HELD
        self.checks[check] += 1
        return check

    def gaps(self) -> Iterator[str]:
        """Yield what of the libraries was not checked, or not against all that is published, in sentences."""
        for (name, others), number in sorted(self.lacking.items()):
            how = "held against other advisories only" if others else "not checked"
            yield f"no advisories for {name} are held: {number:,} native libraries were {how}"
