"""Components and advisories in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.native_projects import UPSTREAM
from nautiloid.progress import SILENT, Progress
from nautiloid.version import TOOL
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.coverage import look_up
from nautiloid.vulns.ecosystems import version_order
from nautiloid.vulns.grouping import Groups, same_as, shown_first
from nautiloid.vulns.matching import Verdict, VersionOrder, evaluate
from nautiloid.vulns.model import (
    AdvisorySource,
    Candidate,
    Finding,
    LibraryCheck,
    ScannedComponent,
    ScanResult,
    State,
    Subject,
)
from nautiloid.vulns.native.library import match_library
from nautiloid.vulns.severity import UNIMPORTANT, Rating, Severity, rate

Match = tuple[Candidate, Verdict]

_MALWARE = Rating(Severity.CRITICAL, source="malware")
_MOST_LISTED = 200


def scan(subject: Subject, advisories: Advisories, progress: Progress = SILENT) -> ScanResult:
    """Check every part against the advisories of its world.

    Args:
        subject: What is scanned.
        advisories: Whom to ask.
        progress: Counts packages.
    """
    places, coverage = look_up(subject, advisories)
    findings: list[Finding] = []
    with progress.task("Match advisories", total=len(places)) as task:
        for place, parts in places.items():
            if place.ecosystem == UPSTREAM:
                known = match_library(place, advisories)
                coverage.unevaluated += known.undecided
                findings += _findings_of(place, tuple(parts), known.matched, advisories)
            else:
                findings += _findings_of(place, tuple(parts), tuple(_matched(place, advisories)), advisories)
            task.advance(1)
    findings.sort(key=_urgency)
    gaps = tuple(coverage.gaps(subject))
    sources = tuple(source for source in advisories.sources if coverage.ecosystems & set(source.ecosystems))
    return ScanResult(
        name=subject.name,
        digest=subject.digest,
        distribution=subject.distribution,
        tool=TOOL,
        findings=tuple(findings),
        parts=len(subject.parts),
        checked=coverage.checked,
        uncovered=tuple(sorted(coverage.uncovered.items())),
        libraries=tuple((check, number) for check in LibraryCheck if (number := coverage.libraries.checks[check])),
        unevaluated=tuple(coverage.unevaluated[:_MOST_LISTED]),
        undecided=len(coverage.unevaluated),
        ended=tuple(sorted(coverage.ended)),
        sources=sources,
        warnings=(*gaps, *_warnings(findings, sources), *subject.notes),
        gaps=gaps,
    )


def _matched(place: Coordinates, advisories: Advisories) -> Iterator[Match]:
    """Yield the records that concern a package, or may."""
    order = version_order(place.ecosystem)
    if order is None:
        return
    for candidate in advisories.candidates(place):
        verdict = evaluate(place.version, candidate.ranges, candidate.versions, order)
        if verdict.affected:
            yield candidate, verdict


def _findings_of(
    place: Coordinates, parts: tuple[ScannedComponent, ...], matched: Sequence[Match], advisories: Advisories
) -> Iterator[Finding]:
    """Yield the findings of one package, one for each group of ids."""
    order = version_order(place.ecosystem)
    if order is None:
        return
    groups = Groups()
    stated = [(same_as(one.identity, one.aliases, one.upstream), one, verdict) for one, verdict in matched]
    for names, _, _ in stated:
        for group in names:
            groups.join(group)
    members: dict[str, list[Match]] = {}
    for names, candidate, verdict in stated:
        for group in names:
            entry = members.setdefault(groups.root(group[0]), [])
            if all(known is not candidate for known, _ in entry):
                entry.append((candidate, verdict))
    identities = groups.members()
    for root, found in members.items():
        yield _finding(place, parts, identities[root], found, advisories, order)


def _finding(
    place: Coordinates,
    parts: tuple[ScannedComponent, ...],
    identities: tuple[str, ...],
    found: Sequence[Match],
    advisories: Advisories,
    order: VersionOrder,
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
    fixes = sorted({verdict.fixed for _, verdict in found if verdict.fixed}, key=order.key)
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
        doubt=_doubt(found),
    )


def _doubt(found: Sequence[Match]) -> str:
    """Return why a finding is not certain; empty where any of its records is."""
    if any(not verdict.doubts for _, verdict in found):
        return ""
    return "; ".join(f"{one.identity}: {doubt}" for one, verdict in found for doubt in verdict.doubts)


def _state(found: Sequence[Match], fixes: Sequence[str], *, unimportant: bool) -> State:
    if fixes:
        return State.FIXED
    if _doubt(found):
        return State.UNCERTAIN
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


def _warnings(findings: Sequence[Finding], sources: Sequence[AdvisorySource]) -> Iterator[str]:
    old = [source for source in sources if source.stale]
    if old:
        ages = ", ".join(f"{source.name} {source.age.days} days" for source in old)
        yield f"the advisories are old ({ages}): run 'nautiloid db update'"
    if uncertain := sum(bool(finding.doubt) for finding in findings):
        yield f"{uncertain:,} findings are uncertain: no record settles whether these versions are affected"
