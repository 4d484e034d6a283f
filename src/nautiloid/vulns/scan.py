"""Components and advisories in, findings out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.purl import parse_purl
from nautiloid.progress import SILENT, Progress
from nautiloid.version import TOOL
from nautiloid.versions.errors import InvalidVersionError
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.ecosystems import coordinates, version_order
from nautiloid.vulns.grouping import Groups, same_as, shown_first
from nautiloid.vulns.matching import Verdict, evaluate
from nautiloid.vulns.model import (
    AdvisorySource,
    Candidate,
    Finding,
    ScannedComponent,
    ScanResult,
    State,
    Subject,
    Unevaluated,
)
from nautiloid.vulns.releases import end_of_life
from nautiloid.vulns.severity import UNIMPORTANT, Rating, Severity, rate

_MALWARE = Rating(Severity.CRITICAL, source="malware")
_MOST_WARNINGS = 200


@dataclass
class _Sums:
    """What a scan counts besides findings."""

    uncovered: Counter[str] = field(default_factory=Counter)
    unevaluated: list[Unevaluated] = field(default_factory=list)
    ecosystems: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    checked: int = 0


def scan(subject: Subject, advisories: Advisories, progress: Progress = SILENT) -> ScanResult:
    """Check every part against the advisories of its world.

    Args:
        subject: What is scanned.
        advisories: Whom to ask.
        progress: Counts packages.
    """
    sums = _Sums()
    places = _places(subject.parts, advisories, sums)
    findings: list[Finding] = []
    with progress.task("Match advisories", total=len(places)) as task:
        for place, parts in places.items():
            findings += _findings_of(place, tuple(parts), advisories, sums)
            task.advance(1)
    findings.sort(key=_urgency)
    sources = tuple(source for source in advisories.sources if sums.ecosystems & set(source.ecosystems))
    return ScanResult(
        name=subject.name,
        digest=subject.digest,
        distribution=subject.distribution,
        tool=TOOL,
        findings=tuple(findings),
        parts=len(subject.parts),
        checked=sums.checked,
        uncovered=tuple(sorted(sums.uncovered.items())),
        unevaluated=tuple(sums.unevaluated[:_MOST_WARNINGS]),
        ended=tuple(sorted(sums.ended)),
        sources=sources,
        warnings=(*_warnings(sums, sources), *subject.notes),
    )


def _places(
    parts: Iterable[ScannedComponent], advisories: Advisories, sums: _Sums
) -> dict[Coordinates, list[ScannedComponent]]:
    """Gather parts by where their advisories are: binary packages of one source share them."""
    places: dict[Coordinates, list[ScannedComponent]] = {}
    for part in parts:
        purl = parse_purl(part.purl) if part.purl else None
        place = coordinates(purl, part.source, part.source_version) if purl else None
        if place is None:
            sums.uncovered[purl.type if purl else "no package URL"] += 1
        elif not place.version:
            sums.unevaluated.append(Unevaluated(part.name, "nothing tells its version"))
        elif not advisories.has_ecosystem(place.ecosystem):
            sums.uncovered[place.ecosystem] += 1
        else:
            sums.checked += 1
            sums.ecosystems.add(place.ecosystem)
            if place.release and (ended := end_of_life(place.ecosystem, place.release)):
                sums.ended.add(f"{place.ecosystem} {place.release} ({ended})")
            places.setdefault(place, []).append(part)
    return places


def _findings_of(
    place: Coordinates, parts: tuple[ScannedComponent, ...], advisories: Advisories, sums: _Sums
) -> Iterator[Finding]:
    """Yield the findings of one package, one for each group of ids."""
    key = version_order(place.ecosystem)
    if key is None:
        sums.unevaluated.append(Unevaluated(place.name, f"versions of {place.ecosystem} cannot be compared"))
        return
    matched: list[tuple[Candidate, Verdict]] = []
    try:
        key(place.version)
        for candidate in advisories.candidates(place):
            verdict = evaluate(place.version, candidate.ranges, candidate.versions, key)
            sums.unevaluated += [Unevaluated(candidate.identity, reason) for reason in verdict.unevaluated]
            if verdict.affected:
                matched.append((candidate, verdict))
    except InvalidVersionError as error:
        sums.unevaluated.append(Unevaluated(place.name, error.message))
        return
    groups = Groups()
    stated = [(same_as(one.identity, one.aliases, one.upstream), one, verdict) for one, verdict in matched]
    for names, _, _ in stated:
        for group in names:
            groups.join(group)
    members: dict[str, list[tuple[Candidate, Verdict]]] = {}
    for names, candidate, verdict in stated:
        for group in names:
            entry = members.setdefault(groups.root(group[0]), [])
            if all(known is not candidate for known, _ in entry):
                entry.append((candidate, verdict))
    identities = groups.members()
    for root, found in members.items():
        yield _finding(place, parts, identities[root], found, advisories)


def _finding(
    place: Coordinates,
    parts: tuple[ScannedComponent, ...],
    identities: tuple[str, ...],
    found: Sequence[tuple[Candidate, Verdict]],
    advisories: Advisories,
) -> Finding:
    shared = len({name for name in identities if name.startswith("CVE-")}) == 1
    vectors = [vector for one, _ in found for vector in one.vectors]
    words = [one.urgency for one, _ in found]
    summaries = [one.summary for one, _ in found]
    names = set(identities)
    seen = {one.identity for one, _ in found}
    # What other records say of the same vulnerability counts too: distributions seldom rate.
    for other in advisories.related(identities, seen) if shared or len(found) == 1 else ():
        names |= set(other.identities) if shared else set()
        vectors += other.vectors
        words.append(other.urgency)
        summaries.append(other.summary)
    identity = shown_first(names)
    fixes = sorted({verdict.fixed for _, verdict in found if verdict.fixed}, key=version_order(place.ecosystem))
    rating = _MALWARE if identity.startswith("MAL-") else rate(vectors, words)
    own_words = {one.urgency.strip().lower() for one, _ in found}
    return Finding(
        identity=identity,
        identities=tuple(sorted(names)),
        advisories=tuple(sorted(one.identity for one, _ in found)),
        ecosystem=place.ecosystem,
        release=place.release,
        package=place.name,
        version=place.version,
        parts=parts,
        rating=rating,
        state=_state(found, fixes, unimportant=own_words == {UNIMPORTANT}),
        fixed=fixes[-1] if fixes else "",
        summary=next(filter(None, summaries), ""),
        references=tuple(dict.fromkeys(url for one, _ in found for url in one.references))[:6],
        published=min((one.published for one, _ in found if one.published), default=""),
        bundled=all(part.within for part in parts),
        exploited=next(filter(None, map(advisories.exploited.get, sorted(names))), None),
        epss=next((score for name in sorted(names) if (score := advisories.epss(name)) is not None), None),
    )


def _state(found: Sequence[tuple[Candidate, Verdict]], fixes: Sequence[str], *, unimportant: bool) -> State:
    if fixes:
        return State.FIXED
    if unimportant:
        return State.UNIMPORTANT
    return State.UNFIXED if any(verdict.open_range for _, verdict in found) else State.UNKNOWN


def _urgency(finding: Finding) -> tuple[object, ...]:
    return (
        finding.exploited is None,
        -finding.severity,
        -(finding.epss or 0.0),
        -(finding.rating.score or 0.0),
        finding.package,
        finding.identity,
    )


def _warnings(sums: _Sums, sources: Sequence[AdvisorySource]) -> Iterator[str]:
    for release in sorted(sums.ended):
        ended = release.replace(" (", " is past its end of life (")
        yield f"{ended}: its advisories are incomplete, silence proves nothing"
    old = [source for source in sources if source.stale]
    if old:
        ages = ", ".join(f"{source.name} {source.age.days} days" for source in old)
        yield f"the advisories are old ({ages}): run 'nautiloid db update'"
    if sums.unevaluated:
        yield f"{len(sums.unevaluated)} things could not be evaluated; --all and the JSON format list them"
