"""Do the wheels that were chosen belong together, and to the image?

pip solves for what an index says. An index may still hand out mix-ups: a build of one package that wants another build
of its neighbour, a file whose name promises another platform. Each wheel's own Requires-Dist is held against the set,
with the markers of the target, and each file name's tags against what the image can load.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from nautiloid.factory.wheels.resolver import ResolutionError, ResolvedWheel
from nautiloid.factory.wheels.target import Target

_MANYLINUX = re.compile(r"manylinux_2_([0-9]+)_")


def check_fitness(wheels: Sequence[ResolvedWheel], target: Target, requirements: Sequence[str] = ()) -> None:
    """Refuse a set of wheels that cannot work together in the image.

    Args:
        wheels: The set.
        target: Where they run.
        requirements: What was asked for.

    Raises:
        ResolutionError: One wants what is not in the set, or cannot be loaded; all such faults are named.
    """
    faults = [*_unmet(wheels, target, requirements), *_unloadable(wheels, target)]
    if faults:
        raise ResolutionError(
            "the index offers wheels that do not go together:\n" + "\n".join(f"  {fault}" for fault in faults),
            "Two indexes with different builds of one package are the usual cause: look at 'pip config list', and "
            "pin both packages to one build (torch==2.13.0+cpu with torchvision==0.28.0+cpu).",
        )


def needs(
    wheels: Sequence[ResolvedWheel], target: Target, requirements: Sequence[str] = ()
) -> dict[str, tuple[Requirement, ...]]:
    """Say what each wheel needs in the image, by name.

    Args:
        wheels: The set.
        target: Where they run.
        requirements: What was asked for: it may name extras, as may the wheels' own requirements.
    """
    by_name = {wheel.name: wheel for wheel in wheels}
    found: dict[str, dict[str, Requirement]] = {name: {} for name in by_name}
    agenda = [(name, "") for name in by_name]
    agenda += [(canonicalize_name(asked.name), extra) for asked in _parsed(requirements) for extra in asked.extras]
    seen: set[tuple[str, str]] = set()
    while agenda:
        name, extra = agenda.pop()
        if (name, extra) in seen or name not in by_name:
            continue
        seen.add((name, extra))
        environment = {**target.marker_environment(), "extra": extra}
        for requirement in _parsed(by_name[name].requires):
            if requirement.marker is None or requirement.marker.evaluate(environment):
                found[name][str(requirement)] = requirement
                agenda += [(canonicalize_name(requirement.name), wanted) for wanted in requirement.extras]
    return {name: tuple(lines[key] for key in sorted(lines)) for name, lines in found.items()}


def _parsed(lines: Sequence[str]) -> Iterator[Requirement]:
    for line in lines:
        # Metadata from before PEP 508 says nothing that pip could act upon either.
        with contextlib.suppress(InvalidRequirement):
            yield Requirement(line)


def _unmet(wheels: Sequence[ResolvedWheel], target: Target, requirements: Sequence[str]) -> Iterator[str]:
    versions = {wheel.name: wheel.version for wheel in wheels}
    wanted = needs(wheels, target, requirements)
    for wheel in wheels:
        for requirement in wanted[wheel.name]:
            found = versions.get(canonicalize_name(requirement.name))
            need = f"{wheel.name} {wheel.version} needs {requirement.name}{requirement.specifier}"
            if found is None:
                yield f"{need}, which was not chosen"
            elif not requirement.specifier.contains(found, prereleases=True):
                yield f"{need}, but {found} was chosen"


def _unloadable(wheels: Sequence[ResolvedWheel], target: Target) -> Iterator[str]:
    major, minor = (int(part) for part in target.python.split("."))
    interpreter = f"cp{major}{minor}"
    loadable = set(cpython_tags((major, minor), platforms=target.platforms))
    loadable |= set(compatible_tags((major, minor), interpreter, target.platforms))
    for wheel in wheels:
        tags = parse_wheel_filename(wheel.filename)[3]
        if tags & loadable:
            continue
        newer = [int(found[1]) for tag in tags if (found := _MANYLINUX.match(tag.platform))]
        if newer and min(newer) > target.glibc[1]:
            yield f"{wheel.filename} needs glibc 2.{min(newer)}; Debian {target.suite} has 2.{target.glibc[1]}"
        else:
            yield f"{wheel.filename} is not for Python {target.python} on {target.machine}"
