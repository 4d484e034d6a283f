"""Why pip found no wheels, in a few lines: who wants what, what there is, and what to do about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid.errors import quotable
from nautiloid.factory.package_indexes import HOST, places_of
from nautiloid.factory.wheels.pip_call import ConflictError, PipAnswer, ResolutionError
from nautiloid.factory.wheels.routes import AMBIGUOUS, NO_ROUTES, SILENT, Routes
from nautiloid.factory.wheels.second_look import MISSING, Found, failures, look_for, newest
from nautiloid.factory.wheels.target import Target

_CONFLICT = re.compile(r"The conflict is caused by:\n((?:    [^\n]+\n)+)")
_CLAIM = re.compile(r"(?:(?P<who>.+) depends on|The user requested(?P<held> \(constraint\))?) (?P<what>.+)")
_SHOWN = 8
_PIP_CONFIGURATION = "pip's own configuration (pip config list)"
_HINTS = {
    AMBIGUOUS: "Say which one owns it: name it under 'packages' of that index (python: indexes:). With "
    "'default: true', an index stands in for the host's own.",
    SILENT: "Check its address, and your credentials for it (~/.netrc, or a variable NAUTILOID_INDEX_<NAME> with the "
    "address to use); or name what it owns: it is asked for nothing else then.",
    "": f"Check the requirement's spelling and version, and {_PIP_CONFIGURATION}.",
}


def refusal(answer: PipAnswer, target: Target, routes: Routes = NO_ROUTES, *, closely: bool = True) -> ResolutionError:
    """Return the error that says why pip failed.

    Args:
        answer: Of the call that failed.
        target: What the wheels must run on.
        routes: Where distributions may come from.
        closely: Whether the index is asked again for what pip did not say.
    """
    why = _Refusals(target, routes, closely)
    if conflict := _CONFLICT.search(answer.output):
        return why.contradiction(conflict[1].splitlines())
    missing = MISSING.search(answer.errors)
    if missing is not None and closely:
        return why.not_offered(missing["what"], missing["who"] or "")
    said = "\n".join(f"  {quotable(line, 300)}" for line in failures(answer)[:_SHOWN])
    hint = next(hint for sign, hint in _HINTS.items() if sign in said)
    return ResolutionError(f"pip could not meet the requirements:\n{said}", hint)


@dataclass(frozen=True)
class _Refusals:
    """The errors of one call of pip.

    Attributes:
        target: What the wheels must run on.
        routes: Where distributions may come from.
        closely: Whether the index is asked again.
    """

    target: Target
    routes: Routes
    closely: bool

    def contradiction(self, lines: Iterable[str]) -> ConflictError:
        """Say who wants what, by pip's own lines."""
        claims = [claim for line in lines if (claim := _CLAIM.fullmatch(line.strip())) is not None]
        said = []
        for claim in claims:
            wants = "the lock holds" if claim["held"] else "the definition asks for"
            said.append(f"{claim['who']} needs {claim['what']}" if claim["who"] else f"{wants} {claim['what']}")
        told = [quotable(line) for line in dict.fromkeys(said)]
        more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
        disputed = Counter(_name_of(claim["what"]) for claim in claims).most_common(1)
        if self.closely and disputed and (name := disputed[0][0]):
            # pip names the versions that it has of a project when it is asked for one that it cannot have.
            found = look_for(f"{name}==0.dev0", self.target, self.routes)
            more += [f"of {name} there are {newest(found.versions)}{self._origin(name)}"] if found.versions else []
        listed = "".join(f"\n  {line}" for line in (*told[:_SHOWN], *more))
        return ConflictError(
            f"the requirements contradict each other:{listed}",
            "Loosen one of these versions, or leave it out and let the resolver choose.",
        )

    def not_offered(self, requirement: str, who: str) -> ResolutionError:
        """Say what there is of a project of which nothing will do."""
        name = _name_of(requirement)
        found = look_for(requirement, self.target, self.routes)
        asked = f"{requirement} (wanted by {quotable(who)})" if who else requirement
        facts = "".join(f"\n  {quotable(line, 300)}" for line in found.facts)
        if found.unknown or not found.failed:
            silent = "".join(f"\n  {quotable(line, 300)}" for line in found.unknown) or "\n  at first; it does now"
            return ResolutionError(
                f"an index could not be read, so whether there is {asked} is not known:{silent}{facts}",
                f"Check the network, the proxy, credentials, and {_PIP_CONFIGURATION}; then try again.",
            )
        if not found.facts:
            owner = self._owner(name)
            return ResolutionError(
                f"{f'the index {owner}, which owns it, has no' if owner else 'no index has a'} project '{name}': "
                f"nothing meets {asked}",
                f"Check the spelling, and which index is asked: {_PIP_CONFIGURATION}, and python.indexes.",
            )
        target = self.target
        return ResolutionError(
            f"there is no {asked} for Python {target.python} on {target.machine} (Debian {target.suite}):{facts}",
            self._advice(requirement, name, found),
        )

    def _owner(self, name: str) -> str:
        """Return the index that owns a distribution; empty where none does."""
        places = places_of(name, self.routes.indexes)
        return places[0] if len(places) == 1 and places[0] != HOST else ""

    def _origin(self, name: str) -> str:
        return " (built from source)" if name in self.routes.local else ""

    def _advice(self, requirement: str, name: str, found: Found) -> str:
        if name in self.routes.local:
            return "It is built from what python.sources names, and comes from nowhere else: ask for that version."
        if found.versions:
            return "Ask for a version that there is, or name none and let the resolver choose."
        if found.withdrawn:
            return f"If it has to be one of these all the same, name the very version: {name}=={found.withdrawn[-1]}."
        elsewhere = self._elsewhere(requirement, found)
        return f"{elsewhere} {_from_source(requirement, name)}" if found.as_source else elsewhere

    def _elsewhere(self, requirement: str, found: Found) -> str:
        """Say where a package that is not offered for the target is offered, if it is."""
        target = self.target
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
            if not look_for(requirement, other, self.routes).failed:
                return f"There is no wheel of {requirement} for this image, but there is one for {where}."
        if pythons := found.pythons(target):
            listed = ", ".join(pythons)
            return f"There are wheels of {requirement} for Python {listed}, which no image has. Ask for another."
        return f"No wheel of {requirement} was found for other images either. Check its name."


def _from_source(requirement: str, name: str) -> str:
    """Return the very line of a definition that lets a distribution be built."""
    versions = str(Requirement(requirement).specifier)
    version = f', version: "{versions}"' if versions else ""
    return (
        "Let it be built in a container, with this line under 'python' in the definition: "
        f"sources: [{{name: {name}{version}}}]"
    )


def _name_of(requirement: str) -> str:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return ""
