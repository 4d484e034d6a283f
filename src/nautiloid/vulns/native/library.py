"""Hold one native library against all that is known of its project.

Upstream's own records (OSV's ``GIT`` and ``OSS-Fuzz``) come first: what they decide is decided. For vulnerabilities
that none of them decides, Debian's fixes of the same source bound the releases that may be affected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from nautiloid.packages.kind import Coordinates
from nautiloid.packages.native_projects import DEBIAN, GIT, OSS_FUZZ, NativeProject, project_of
from nautiloid.vulns.advisories import Advisories
from nautiloid.vulns.matching import Verdict
from nautiloid.vulns.model import Candidate, Unevaluated
from nautiloid.vulns.native.debian_bounds import Bound, DebianFix, bound_of, doubt_of, read_fix
from nautiloid.vulns.native.listed import evaluate_listed, listed_releases

_ONLY_COMMITS = "its record names commits, no releases"
_FIXED_ELSEWHERE = "Debian fixed it in other releases, and nothing tells whether this one has the fix"


@dataclass(frozen=True, slots=True)
class LibraryMatches:
    """What is known of one library.

    Attributes:
        matched: Records that concern it, or may.
        undecided: What nobody can tell.
    """

    matched: tuple[tuple[Candidate, Verdict], ...]
    undecided: tuple[Unevaluated, ...]


@dataclass(slots=True)
class _Opinions:
    """What Debian's records say of one vulnerability."""

    first: Candidate
    bounds: list[Bound] = field(default_factory=list)
    fixes: list[DebianFix] = field(default_factory=list)


def match_library(place: Coordinates, advisories: Advisories) -> LibraryMatches:
    """Return the records that concern a library, and what of them cannot be decided.

    Args:
        place: The library's, with a version that can be compared.
        advisories: Whom to ask.
    """
    project = project_of(place.name)
    if project is None:
        return LibraryMatches((), ())
    matched: list[tuple[Candidate, Verdict]] = []
    decided: set[str] = set()
    only_commits: list[str] = []
    own = [(candidate, listed_releases(candidate.versions, project)) for candidate in _own_records(project, advisories)]
    known = {release for _, listed in own for release in listed}
    for candidate, listed in own:
        verdict = evaluate_listed(project.as_tagged(place.version), candidate, project, listed, known)
        if verdict is None:
            only_commits.append(candidate.identity)
            continue
        decided.update(_vulnerabilities(candidate))
        if verdict.affected:
            matched.append((candidate, verdict))
    left_open: list[str] = []
    for identity, opinions in _debian_opinions(project, place.version, advisories).items():
        if identity in decided:
            continue
        # What Debian has fixed nowhere, upstream need not have fixed either.
        bound = max(opinions.bounds, default=Bound.MAY_BE_AFFECTED)
        if bound is Bound.MAY_BE_AFFECTED:
            doubt = doubt_of(opinions.fixes, project.library)
            matched.append((opinions.first, Verdict(affected=True, open_range=not opinions.fixes, doubts=(doubt,))))
        elif bound is Bound.UNDECIDED:
            left_open.append(identity)
        if bound is not Bound.UNDECIDED:
            decided.add(identity)
    undecided = [(identity, _ONLY_COMMITS) for identity in only_commits if identity not in decided]
    undecided += [(identity, _FIXED_ELSEWHERE) for identity in left_open if identity not in only_commits]
    return LibraryMatches(
        tuple(matched),
        tuple(
            Unevaluated(place.name, f"{identity} in {place.version}: {reason}", identity)
            for identity, reason in undecided
        ),
    )


def _own_records(project: NativeProject, advisories: Advisories) -> Iterator[Candidate]:
    """Yield upstream's records, each once: one that names two copies of a repository is one record."""
    places = [Coordinates(GIT, "", repository, "") for repository in project.repositories]
    places += [Coordinates(OSS_FUZZ, "", project.oss_fuzz, "")] if project.oss_fuzz else []
    seen: dict[str, Candidate] = {}
    for place in places:
        for candidate in advisories.candidates(place):
            known = seen.get(candidate.identity)
            seen[candidate.identity] = candidate if known is None else _joined(known, candidate)
    yield from seen.values()


def _joined(one: Candidate, other: Candidate) -> Candidate:
    return replace(
        one,
        versions=tuple(dict.fromkeys((*one.versions, *other.versions))),
        ranges=tuple(dict.fromkeys((*one.ranges, *other.ranges))),
    )


def _debian_opinions(project: NativeProject, version: str, advisories: Advisories) -> dict[str, _Opinions]:
    opinions: dict[str, _Opinions] = {}
    if not project.debian:
        return opinions
    for candidate in advisories.candidates(Coordinates(DEBIAN, "", project.debian, "")):
        texts = [text for one in candidate.ranges for kind, text in one.events if kind == "fixed"]
        fixes = [fix for text in texts if (fix := read_fix(text)) is not None]
        bounds = [bound_of(version, fix, project) for fix in fixes]
        bounds += [Bound.UNDECIDED] if len(fixes) < len(texts) else []
        names = _vulnerabilities(candidate)
        for name in names:
            # An advisory about several vulnerabilities is asked about each by itself, and joins none of them.
            identity = candidate.identity if len(names) == 1 else name
            alone = replace(candidate, identity=identity, aliases=(), upstream=(name,))
            told = opinions.setdefault(name, _Opinions(alone))
            told.bounds += bounds
            told.fixes += fixes
    return opinions


def _vulnerabilities(candidate: Candidate) -> tuple[str, ...]:
    names = dict.fromkeys((candidate.identity, *candidate.aliases, *candidate.upstream))
    return tuple(name for name in names if name.startswith("CVE-")) or (candidate.identity,)
