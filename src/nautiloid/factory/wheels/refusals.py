"""Why pip found no wheels, in a few lines: who wants what, what there is, and what to do about it.

pip's own answer leaves out what decides: "no matching distribution" may mean a name that nobody has, an index that did
not answer, wheels for another Python, or source alone. So the project is asked for once more, alone, and pip's own
remarks on each file that it passed over are counted.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid.errors import quotable
from nautiloid.factory.wheels.pip_call import ConflictError, PipAnswer, ResolutionError, call_pip
from nautiloid.factory.wheels.target import Target

_CONFLICT = re.compile(r"The conflict is caused by:\n((?:    [^\n]+\n)+)")
_CLAIM = re.compile(r"(?:(?P<who>.+) depends on|The user requested(?P<held> \(constraint\))?) (?P<what>.+)")
_MISSING = re.compile(
    r"ERROR: Could not find a version that satisfies the requirement (?P<what>.+?)"
    r"(?: \(from (?!versions: )(?P<who>[^)]*)\))? \(from versions: (?P<versions>[^)]*)\)"
)
_YANKED = re.compile(r"ERROR: Ignored the following yanked versions: (.+)")
_OTHER_PYTHON = re.compile(r"Skipping link: (\S+) Requires-Python ([^:\s]+)")
_OTHER_TAGS = re.compile(r"Skipping link: none of the wheel's tags \(([^)]*)\) are compatible")
_SOURCE = re.compile(r"Skipping link: No sources permitted for ")
_UNREACHABLE = re.compile(r"Could not fetch URL (\S+): (.*?)(?: - skipping)?$", re.MULTILINE)
_SHOWN = 8
_PIP_CONFIGURATION = "pip's own configuration (pip config list)"


def refusal(answer: PipAnswer, target: Target, *, closely: bool = True) -> ResolutionError:
    """Return the error that says why pip failed.

    Args:
        answer: Of the call that failed.
        target: What the wheels must run on.
        closely: Whether the index is asked again for what pip did not say.
    """
    if conflict := _CONFLICT.search(answer.output):
        return _contradiction(conflict[1].splitlines(), target, closely=closely)
    missing = _MISSING.search(answer.errors)
    if missing is not None and closely:
        return _not_offered(missing["what"], missing["who"] or "", target)
    lines = [line for line in answer.errors.splitlines() if line.startswith("ERROR")] or answer.errors.splitlines()[-3:]
    said = "\n".join(f"  {quotable(line.removeprefix('ERROR: '), 300)}" for line in lines[:_SHOWN])
    return ResolutionError(
        f"pip could not meet the requirements:\n{said}",
        f"Check the requirement's spelling and version, and {_PIP_CONFIGURATION}.",
    )


def _contradiction(lines: Iterable[str], target: Target, *, closely: bool) -> ResolutionError:
    claims = [claim for line in lines if (claim := _CLAIM.fullmatch(line.strip())) is not None]
    said = []
    for claim in claims:
        wants = "the lock holds" if claim["held"] else "the definition asks for"
        said.append(f"{claim['who']} needs {claim['what']}" if claim["who"] else f"{wants} {claim['what']}")
    told = [quotable(line) for line in dict.fromkeys(said)]
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    disputed = Counter(_name_of(claim["what"]) for claim in claims).most_common(1)
    if closely and disputed and disputed[0][0]:
        # pip names the versions that it has of a project when it is asked for one that it cannot have.
        found = _looked_for(f"{disputed[0][0]}==0.dev0", target)
        more += [f"of {disputed[0][0]} there are {_newest(found.versions)}"] if found.versions else []
    listed = "".join(f"\n  {line}" for line in (*told[:_SHOWN], *more))
    return ConflictError(
        f"the requirements contradict each other:{listed}",
        "Loosen one of these versions, or leave it out and let the resolver choose.",
    )


@dataclass(frozen=True)
class _Found:
    """What an index has of a project, and why none of it will do."""

    failed: bool
    versions: tuple[str, ...]
    withdrawn: tuple[str, ...]
    other_python: tuple[str, ...]
    other_tags: tuple[str, ...]
    as_source: bool
    unreachable: tuple[str, ...]

    @property
    def facts(self) -> list[str]:
        """Return why nothing will do, a line each."""
        found = []
        if self.versions:
            found.append(f"there are {_newest(self.versions)}")
        if self.withdrawn:
            found.append(f"withdrawn by its authors (yanked): {_newest(self.withdrawn)}")
        if self.other_python:
            found.append(f"for another Python: {', '.join(self.other_python[-_SHOWN:])}")
        if self.other_tags:
            found.append(f"wheels for other platforms: {', '.join(self.other_tags[-_SHOWN:])}")
        if self.as_source:
            found.append("it comes as source, and nothing is compiled here")
        return found


def _looked_for(requirement: str, target: Target) -> _Found:
    with tempfile.TemporaryDirectory(prefix="nautiloid-resolve-") as scratch:
        options = ["install", "--dry-run", "--ignore-installed", "-vv", "--retries", "1", "--no-deps"]
        answer = call_pip([*options, "--target", scratch, *target.pip_options(), "--", requirement], target)
    missing, yanked = _MISSING.search(answer.errors), _YANKED.search(answer.errors)
    pythons = (f"{version} ({python})" for version, python in _OTHER_PYTHON.findall(answer.output))
    return _Found(
        answer.failed,
        _listed(missing["versions"]) if missing is not None else (),
        _listed(yanked[1]) if yanked is not None else (),
        tuple(dict.fromkeys(pythons)),
        tuple(dict.fromkeys(_OTHER_TAGS.findall(answer.output))),
        _SOURCE.search(answer.output) is not None,
        tuple(dict.fromkeys(_silences(answer.output))),
    )


def _not_offered(requirement: str, who: str, target: Target) -> ResolutionError:
    name = _name_of(requirement)
    found = _looked_for(requirement, target)
    asked = f"{requirement} (wanted by {quotable(who)})" if who else requirement
    facts = "".join(f"\n  {quotable(line, 300)}" for line in found.facts)
    if found.unreachable or not found.failed:
        silent = "".join(f"\n  {quotable(line, 300)}" for line in found.unreachable) or "\n  at first; it does now"
        return ResolutionError(
            f"an index could not be read, so whether there is {asked} is not known:{silent}{facts}",
            f"Check the network, the proxy, credentials, and {_PIP_CONFIGURATION}; then try again.",
        )
    if not found.facts:
        return ResolutionError(
            f"no index has a project '{name}': nothing meets {asked}",
            f"Check the spelling, and which index is asked: {_PIP_CONFIGURATION}.",
        )
    return ResolutionError(
        f"there is no {asked} for Python {target.python} on {target.machine} (Debian {target.suite}):{facts}",
        _advice(requirement, name, found, target),
    )


def _advice(requirement: str, name: str, found: _Found, target: Target) -> str:
    if found.versions:
        return "Ask for a version that there is, or name none and let the resolver choose."
    if found.withdrawn:
        return f"If it has to be one of these all the same, name the very version: {name}=={found.withdrawn[-1]}."
    return _elsewhere(requirement, target)


def _elsewhere(requirement: str, target: Target) -> str:
    """Say where a package that is not offered for the target is offered, if it is."""
    others = {
        f"Debian trixie, whose C library is newer (suite: trixie, python {target.python})": replace(
            target, suite="trixie", patch=""
        ),
        "Debian trixie with Python 3.13 (extends: python-trixie)": Target("3.13", target.architecture, "trixie"),
        "Debian bookworm with Python 3.11 (extends: python)": Target("3.11", target.architecture, "bookworm"),
        "amd64": replace(target, architecture="amd64"),
    }
    for where, other in others.items():
        if (other.python, other.suite, other.architecture) == (target.python, target.suite, target.architecture):
            continue
        if not _looked_for(requirement, other).failed:
            return f"There is no wheel of {requirement} for this image, but there is one for {where}."
    return (
        f"No wheel of {requirement} was found for other images either. Check its name; if it comes as source only, "
        "make a wheel of it with 'pip wheel' and add its directory to pip's find-links."
    )


def _name_of(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for one in (part.strip() for part in text.split(",")) if one and one != "none")


def _newest(versions: Sequence[str]) -> str:
    """Return the last few of versions that stand in order."""
    earlier = f"{len(versions) - _SHOWN} earlier and " if len(versions) > _SHOWN else ""
    return earlier + ", ".join(versions[-_SHOWN:])


def _silences(output: str) -> Iterator[str]:
    """Yield who could not be read and why, without what an address may hold of a user."""
    for url, reason in _UNREACHABLE.findall(output):
        if not reason.startswith("404 "):  # it answered: there is no such project
            where = urlsplit(url)
            yield f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}: {reason.split(' for url: ')[0]}"
