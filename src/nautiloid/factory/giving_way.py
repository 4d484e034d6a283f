"""A base image's pins give way to what a definition asks for itself: another version of PyTorch, say.

``extends: pytorch`` with ``torch<2.6`` is no contradiction but a wish. The base's exact pin is taken out where the
definition's own requirement does not admit it, and the pins that stand beside it in the catalog's file (torchvision's)
are loosened, for such versions belong together: which one fits, the resolver finds in their metadata. A pin that the
definition's requirement admits stays, so that nothing moves without need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Asked:
    """The requirements of one file in a chain of ``extends``.

    Attributes:
        by: Name of the image that the file defines.
        texts: PEP 508 requirements, as they stand there.
        in_catalog: Whether the file ships with Nautiloid.
    """

    by: str
    texts: tuple[str, ...]
    in_catalog: bool


@dataclass(frozen=True)
class GivenWay:
    """A pin that was taken out.

    Attributes:
        base: The image whose pin it was.
        pin: As it stood there.
        wish: What is asked for instead.
        along: Pins beside it that were loosened.
    """

    base: str
    pin: str
    wish: str
    along: tuple[str, ...]

    def __str__(self) -> str:
        loosened = f"; {', '.join(self.along)}, pinned beside it, may be any version that fits" if self.along else ""
        return f"{self.wish} replaces {self.pin} of the base {self.base}{loosened}"


@dataclass(frozen=True)
class Settled:
    """The bases with what is left of their requirements, and what gave way."""

    bases: tuple[Asked, ...]
    given_way: tuple[GivenWay, ...]


def settle(bases: Sequence[Asked], wishes: Iterable[str], environment: Mapping[str, str]) -> Settled:
    """Take out the pins of base images that do not admit what is asked for.

    Args:
        bases: What the files below ask for, the lowest first.
        wishes: What the definition asks for itself; what is no requirement is left for validation to say.
        environment: What environment markers evaluate to in the image: a wish that does not hold there moves nothing.
    """
    wanted: dict[str, Requirement] = {
        canonicalize_name(wish.name): wish for wish in _parsed(wishes) if _holds(wish, environment)
    }
    left: list[Asked] = []
    given_way: list[GivenWay] = []
    for base in bases:
        removed = [text for text in base.texts if _is_refused(text, wanted)]
        along = [text for text in base.texts if removed and base.in_catalog and _is_free_pin(text, wanted)]
        kept = (_loosened(text) if text in along else text for text in base.texts if text not in removed)
        left.append(replace(base, texts=tuple(kept)))
        given_way += [GivenWay(base.by, text, str(_wish_of(text, wanted)), tuple(along)) for text in removed]
    return Settled(tuple(left), tuple(given_way))


def exact_version(requirement: Requirement) -> Version | None:
    """Return the one version that a requirement allows; None where it allows several."""
    for specifier in requirement.specifier:
        if specifier.operator in ("==", "===") and not specifier.version.endswith("*"):
            try:
                return Version(specifier.version)
            except InvalidVersion:
                return None
    return None


def admits(versions: SpecifierSet, version: Version) -> bool:
    """Tell whether specifiers admit a version; ``==2.13.0+cpu`` names a build of 2.13.0, and so admits that pin."""
    builds = [one.version for one in versions if one.operator == "==" and "+" in one.version]
    return versions.contains(version, prereleases=True) or any(
        Version(build).public == version.public for build in builds
    )


def advice(message: str, bases: Iterable[Asked]) -> str:
    """Say which base has which version of what a resolver's message is about, and what to do; empty where none has.

    Args:
        message: What excludes what.
        bases: What the files below the definition's own ask for.
    """
    said = []
    for base in bases:
        pins = [(pin.name, exact_version(pin)) for pin in _parsed(base.texts)]
        named = [f"{name} {version}" for name, version in pins if version is not None and _names(message, name)]
        if named:
            said.append(f"The base {base.by} has {' and '.join(named)}.")
    if not said:
        return ""
    return " ".join((*said, "What you ask for yourself replaces that: name the version that the others need."))


def _names(message: str, distribution: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(distribution)}(?![\w-])", message) is not None


def _parsed(texts: Iterable[str]) -> Iterator[Requirement]:
    for text in texts:
        if (requirement := _requirement(text)) is not None:
            yield requirement


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _holds(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""})


def _wish_of(text: str, wanted: Mapping[str, Requirement]) -> Requirement | None:
    requirement = _requirement(text)
    return wanted.get(canonicalize_name(requirement.name)) if requirement is not None else None


def _is_refused(text: str, wanted: Mapping[str, Requirement]) -> bool:
    wish, pin = _wish_of(text, wanted), _requirement(text)
    version = exact_version(pin) if pin is not None else None
    return wish is not None and version is not None and not admits(wish.specifier, version)


def _is_free_pin(text: str, wanted: Mapping[str, Requirement]) -> bool:
    pin = _requirement(text)
    return pin is not None and exact_version(pin) is not None and canonicalize_name(pin.name) not in wanted


def _loosened(text: str) -> str:
    requirement = Requirement(text)
    requirement.specifier = SpecifierSet()
    return str(requirement)
