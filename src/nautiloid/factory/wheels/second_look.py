"""What there is of a project that pip would not take: the index asked once more, for this project alone.

pip's own answer leaves out what decides: "no matching distribution" may mean a name that nobody has, an index that did
not answer, wheels for another Python, or source alone. So pip's remarks on each file that it passes over are counted.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from nautiloid.factory.wheels.pip_call import PipAnswer, call_pip
from nautiloid.factory.wheels.routes import Routes
from nautiloid.factory.wheels.target import Target
from nautiloid.programs import without_credentials

MISSING = re.compile(
    r"ERROR: Could not find a version that satisfies the requirement (?P<what>.+?)"
    r"(?: \(from (?!versions: )(?P<who>[^)]*)\))? \(from versions: (?P<versions>[^)]*)\)"
)
"""How pip says that there is no such version of a project."""

_YANKED = re.compile(r"ERROR: Ignored the following yanked versions: (.+)")
_OTHER_PYTHON = re.compile(r"Skipping link: (\S+) Requires-Python ([^:\s]+)")
_OTHER_TAGS = re.compile(r"Skipping link: none of the wheel's tags \(([^)]*)\) are compatible")
_SOURCE = re.compile(r"Skipping link: No sources permitted for ")
_UNREACHABLE = re.compile(r"Could not fetch URL (\S+): (.*?)(?: - skipping)?$", re.MULTILINE)
_INTERPRETER = re.compile(r"cp3(\d+)-")
_SHOWN = 8


@dataclass(frozen=True)
class Found:
    """What there is of a project, and why none of it will do.

    Attributes:
        failed: Whether there is nothing that will do.
        versions: Those that would run here.
        withdrawn: Versions that their authors have withdrawn ("yanked", PEP 592).
        other_python: Versions, with the Python that they say they want.
        other_tags: Platform tags of wheels.
        as_source: Whether there are source distributions.
        unknown: Why it cannot be told what there is, a line each; none: it can.
    """

    failed: bool
    versions: tuple[str, ...]
    withdrawn: tuple[str, ...]
    other_python: tuple[str, ...]
    other_tags: tuple[str, ...]
    as_source: bool
    unknown: tuple[str, ...]

    @property
    def facts(self) -> list[str]:
        """Return why nothing will do, a line each."""
        found = []
        if self.versions:
            found.append(f"there are {newest(self.versions)}")
        if self.withdrawn:
            found.append(f"withdrawn by its authors (yanked): {newest(self.withdrawn)}")
        if self.other_python:
            found.append(f"for another Python: {', '.join(self.other_python[-_SHOWN:])}")
        if self.other_tags:
            found.append(f"wheels for other platforms: {', '.join(self.other_tags[-_SHOWN:])}")
        if self.as_source:
            found.append("it comes as source")
        return found

    def pythons(self, target: Target) -> list[str]:
        """Return the versions of Python for which there are wheels that would run on the target's machine."""
        here = [tags for tags in self.other_tags if "linux" in tags and tags.endswith(target.machine)]
        minors = {int(minor) for tags in here for minor in _INTERPRETER.findall(tags) if "abi3" not in tags}
        return [f"3.{minor}" for minor in sorted(minors)]


def look_for(requirement: str, target: Target, routes: Routes) -> Found:
    """Ask for a project alone, whatever it depends on, and say what there is of it."""
    with tempfile.TemporaryDirectory(prefix="nautiloid-resolve-") as scratch:
        options = ["install", "--dry-run", "--ignore-installed", "-vv", "--retries", "1", "--no-deps"]
        answer = call_pip([*options, "--target", scratch, *target.pip_options(), "--", requirement], target, routes)
    missing, yanked = MISSING.search(answer.errors), _YANKED.search(answer.errors)
    pythons = (f"{version} ({python})" for version, python in _OTHER_PYTHON.findall(answer.output))
    return Found(
        answer.failed,
        _listed(missing["versions"]) if missing is not None else (),
        _listed(yanked[1]) if yanked is not None else (),
        tuple(dict.fromkeys(pythons)),
        tuple(dict.fromkeys(_OTHER_TAGS.findall(answer.output))),
        _SOURCE.search(answer.output) is not None,
        tuple(dict.fromkeys(_unknown(answer))),
    )


def newest(versions: Sequence[str]) -> str:
    """Return the last few of versions that stand in order."""
    earlier = f"{len(versions) - _SHOWN} earlier and " if len(versions) > _SHOWN else ""
    return earlier + ", ".join(versions[-_SHOWN:])


def failures(answer: PipAnswer) -> list[str]:
    """Return what pip itself says of its failure, without credentials."""
    lines = [line for line in answer.errors.splitlines() if line.startswith("ERROR")] or answer.errors.splitlines()[-3:]
    return [without_credentials(line.removeprefix("ERROR: ")) for line in lines]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for one in (part.strip() for part in text.split(",")) if one and one != "none")


def _unknown(answer: PipAnswer) -> Iterator[str]:
    """Yield who could not be read and why, without what an address may hold of a user."""
    for url, reason in _UNREACHABLE.findall(answer.output):
        if not reason.startswith("404 "):  # it answered: there is no such project
            where = urlsplit(url)
            yield f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}: {reason.split(' for url: ')[0]}"
    if answer.failed and MISSING.search(answer.errors) is None:
        yield from failures(answer)
