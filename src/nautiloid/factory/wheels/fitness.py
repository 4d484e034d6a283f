"""Do the wheels that were chosen belong together, and to the image?

pip solves for what an index says. An index may still hand out mix-ups: a build of one package that wants another build
of its neighbour, a file whose name promises another platform. Each wheel's own Requires-Dist is held against the set,
with the markers of the target, and each file name's tags against what the image can load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from nautiloid.factory.wheels.resolver import ResolutionError, ResolvedWheel
from nautiloid.factory.wheels.target import Target

_MANYLINUX = re.compile(r"manylinux_2_([0-9]+)_")


def check_fitness(wheels: Sequence[ResolvedWheel], target: Target) -> None:
    """Refuse a set of wheels that cannot work together in the image.

    Raises:
        ResolutionError: One wants what is not in the set, or cannot be loaded; all such faults are named.
    """
    faults = [*_unmet(wheels, target), *_unloadable(wheels, target)]
    if faults:
        raise ResolutionError(
            "the index offers wheels that do not go together:\n" + "\n".join(f"  {fault}" for fault in faults),
            "Two indexes with different builds of one package are the usual cause: look at 'pip config list', and "
            "pin both packages to one build (torch==2.13.0+cpu with torchvision==0.28.0+cpu).",
        )


def requires(wheel: ResolvedWheel, target: Target) -> Iterator[Requirement]:
    """Yield what a wheel needs in the image, extras aside."""
    environment = {**target.marker_environment(), "extra": ""}
    for line in wheel.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue  # metadata from before PEP 508; pip could make nothing of it either
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def _unmet(wheels: Sequence[ResolvedWheel], target: Target) -> Iterator[str]:
    versions = {wheel.name: wheel.version for wheel in wheels}
    for wheel in wheels:
        for requirement in requires(wheel, target):
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
