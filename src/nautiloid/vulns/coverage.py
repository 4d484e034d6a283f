"""How much of something the advisories that are held speak of, and what of it nobody can call clean.

Finding nothing means something only where there was something to find: parts that were read, of worlds whose advisories
are here, in versions that can be compared. Everything else is a gap, which a scan says and a threshold fails on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from packageurl import PackageURL

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.native_projects import UPSTREAM, project_of
from nautiloid.packages.purl import parse_purl
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.ecosystems import coordinates, is_of_system, version_order
from nautiloid.vulns.model import NO_PROJECT, NO_VERSION, LibraryCheck, ScannedComponent, Subject, Unevaluated
from nautiloid.vulns.native.counting import LibraryCoverage
from nautiloid.vulns.releases import end_of_life

Places = dict[Coordinates, list[ScannedComponent]]
"""Parts by where their advisories are: binary packages of one source share them."""


@dataclass
class Coverage:
    """What is counted while advisories are looked up.

    Attributes:
        checked: Parts that some advisories cover.
        uncovered: How many parts of which kind no advisories cover.
        missing: Those of them whose advisories are published, and not held here: an ecosystem, with its release.
        libraries: The account of native libraries.
        unevaluated: What could not be decided, part by part.
        ecosystems: Whose advisories were asked.
        ended: Releases that get no advisories any more.
        of_system: How many parts are packages of a distribution.
    """

    checked: int = 0
    uncovered: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    libraries: LibraryCoverage = field(default_factory=LibraryCoverage)
    unevaluated: list[Unevaluated] = field(default_factory=list)
    ecosystems: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    of_system: int = 0

    def gaps(self, subject: Subject) -> Iterator[str]:
        """Yield why finding nothing in a subject would prove nothing, in sentences."""
        if not self.checked:
            yield f"nothing was checked: advisories cover none of the {len(subject.parts):,} parts that were found"
        if subject.distribution and not self.of_system:
            yield f"this is {subject.distribution}, but none of its packages was found"
        for world, number in sorted(self.missing.items()):
            yield f"no advisories for {world} are held: {number:,} parts were not checked"
        yield from self.libraries.gaps()
        for release in sorted(self.ended):
            ended = release.replace(" (", " is past its end of life (")
            yield f"{ended}: its advisories are incomplete, silence proves nothing"
        if self.unevaluated:
            yield undecided_gap(len(self.unevaluated))
        yield from subject.unread


def undecided_gap(number: int) -> str:
    """Return the sentence about things that could not be evaluated."""
    return f"{number:,} things could not be evaluated; --all and the JSON format list them"


def look_up(subject: Subject, advisories: Advisories) -> tuple[Places, Coverage]:
    """Gather the parts of a subject by where their advisories are, and count those that have none."""
    places: Places = {}
    coverage = Coverage()
    held: dict[tuple[str, str], bool] = {}
    for part in subject.parts:
        purl = parse_purl(part.purl) if part.purl else None
        coverage.of_system += purl is not None and not part.within and is_of_system(purl)
        place = coordinates(purl, part.source, part.source_version) if purl else None
        if place is None:
            coverage.uncovered[purl.type if purl else "no package URL"] += 1
            if purl is not None and purl.type == "generic":
                _count_without_place(part, purl, coverage)
            continue
        if place.ecosystem == UPSTREAM:
            _look_up_library(part, place, advisories, places, coverage)
            continue
        world = (place.ecosystem, place.release)
        if world not in held:
            held[world] = _holds(advisories, *world)
        if not held[world]:
            name = ":".join(filter(None, world))
            coverage.uncovered[name] += 1
            coverage.missing[name] += 1
            continue
        coverage.ecosystems.add(place.ecosystem)
        if reason := _incomparable(place):
            coverage.unevaluated.append(Unevaluated(part.name, reason, NO_VERSION))
        else:
            coverage.checked += 1
            if place.release and (ended := end_of_life(place.ecosystem, place.release)):
                coverage.ended.add(f"{place.ecosystem} {place.release} ({ended})")
            places.setdefault(place, []).append(part)
    return places, coverage


def _count_without_place(part: ScannedComponent, purl: PackageURL, coverage: Coverage) -> None:
    """Count what is no package, and of no project that publishes advisories; alone it need be no library at all."""
    if project_of(purl.name, purl.version or "") is not None:
        coverage.libraries.checks[LibraryCheck.NO_ADVISORIES] += 1
    elif part.within:
        coverage.libraries.checks[LibraryCheck.NO_PROJECT] += 1
        coverage.unevaluated.append(Unevaluated(part.name, "a native library of an unknown project", NO_PROJECT))


def _look_up_library(
    part: ScannedComponent, place: Coordinates, advisories: Advisories, places: Places, coverage: Coverage
) -> None:
    """Gather a native library, of which several worlds speak: its project's own records, and Debian's."""
    if reason := _incomparable(place):
        coverage.unevaluated.append(Unevaluated(part.name, reason, NO_VERSION))
        coverage.libraries.checks[LibraryCheck.NO_VERSION] += 1
    elif coverage.libraries.count(place, advisories) is LibraryCheck.NOT_HELD:
        coverage.uncovered["generic"] += 1
    else:
        coverage.checked += 1
        coverage.ecosystems |= coverage.libraries.asked
        places.setdefault(place, []).append(part)


def _holds(advisories: Advisories, ecosystem: str, release: str) -> bool:
    return advisories.has_release(ecosystem, release) if release else advisories.has_ecosystem(ecosystem)


def _incomparable(place: Coordinates) -> str:
    """Return why no advisory can be held against a version; empty where one can."""
    if not place.version:
        return "nothing tells its version"
    order = version_order(place.ecosystem)
    if order is None:
        return f"versions of {place.ecosystem} cannot be compared"
    try:
        order.key(place.version)
        order.key(order.published(place.version))
    except InvalidVersionError as error:
        return error.message
    return ""
