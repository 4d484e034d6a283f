"""Whether a release is affected, by a record that lists releases as a repository tags them.

Source: ossf.github.io/osv-schema, "affected[].ranges[]" of type GIT. Commits cannot be compared with a release; OSV
walks the repository and lists every tag that lies in a range in ``versions``. Such a list is complete for what was
tagged when it was made, and knows nothing of later releases. So a release that is not listed is affected or not by
where it lies:

* a tag that names no release has its numbers (``v1.6.36-old``): it may be that release, and the verdict is in doubt;
* another record of the project lists it: it was there to be listed here, and was not: not affected;
* above all that are listed, or above all of its own branch that are: past the end, if the range has one;
* else nobody can tell, and the verdict is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from nautiloid.errors import quotable
from nautiloid.packages.native_projects import NativeProject
from nautiloid.versions.upstream import VersionKey, branch, release_of, version_key
from nautiloid.vulns.matching import Verdict
from nautiloid.vulns.model import Candidate

_RUN = re.compile(r"(?<![0-9])[0-9]{1,9}(?:[._-][0-9]{1,9}){1,7}(?![0-9])", re.ASCII)
_NOT_AFFECTED = Verdict(affected=False)


def listed_releases(tags: Sequence[str], project: NativeProject) -> dict[VersionKey, str]:
    """Return the releases that tags name, by their place in the order; tags that name none are left out."""
    releases = (release_of(tag, project.names) for tag in tags)
    return {version_key(release): release for release in releases if release is not None}


def evaluate_listed(
    version: str,
    candidate: Candidate,
    project: NativeProject,
    listed: Mapping[VersionKey, str],
    known: Collection[VersionKey],
) -> Verdict | None:
    """Hold a release against one record.

    Args:
        version: The release, as the project tags it.
        candidate: The record.
        project: Whose.
        listed: What ``listed_releases`` makes of the record's tags.
        known: Releases that any record of the project lists.

    Returns:
        The verdict; None for a record that names commits only: it says nothing about any release.

    Raises:
        InvalidVersionError: ``version`` is no release's number.
    """
    mine = version_key(version)
    ends = all(any(kind != "introduced" for kind, _ in one.events) for one in candidate.ranges)
    if mine in listed:
        return Verdict(affected=True, open_range=not ends)
    if not listed:
        return None
    if odd := _same_numbers(version, candidate.versions, project):
        return Verdict(affected=True, open_range=not ends, doubts=(f"it lists {quotable(odd, 60)!r}, which may be it",))
    if mine > max(listed):
        doubt = f"nothing ends its range, and the last release that it lists is {listed[max(listed)]}"
        return _NOT_AFFECTED if ends else Verdict(affected=True, open_range=True, doubts=(doubt,))
    doubt = "" if mine in known else _doubt(version, candidate, listed, ends=ends)
    return Verdict(affected=True, open_range=not ends, doubts=(doubt,)) if doubt else _NOT_AFFECTED


def _same_numbers(version: str, tags: Sequence[str], project: NativeProject) -> str:
    """Return a tag that names no release, and has the numbers of this one; empty if there is none."""
    mine = version_key(version)[0]
    for tag in tags:
        if release_of(tag, project.names) is None and any(_numbers(run) == mine for run in _RUN.findall(tag)):
            return tag
    return ""


def _numbers(run: str) -> tuple[int, ...]:
    return version_key(run)[0]


def _doubt(version: str, candidate: Candidate, listed: Mapping[VersionKey, str], *, ends: bool) -> str:
    """Return why a release that no record knows may be affected, though a later one is listed; empty if it is not."""
    mine = version_key(version)
    if mine < min(listed):
        from_the_first = any(event == ("introduced", "0") for one in candidate.ranges for event in one.events)
        first = listed[min(listed)]
        return f"it concerns the first release and all since, and lists {first} as the first" if from_the_first else ""
    own = [place for place, release in listed.items() if branch(release) == branch(version)]
    if ends and own and mine > max(own):
        return ""
    below, above = max(place for place in listed if place < mine), min(place for place in listed if place > mine)
    return f"it lists {listed[below]} and {listed[above]}, and no record knows the release between them"
