"""Decides which requirements the definition asks for, of all that the project says it wants."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nautiloid.project.base_image import BaseImage
from nautiloid.project.facts import Notebook, Said, Wanted
from nautiloid.project.import_names import ADVICE, providers
from nautiloid.project.imports import Import


@dataclass
class Dependencies:
    """The requirements of the definition.

    Attributes:
        requirements: What it asks for, sorted by name.
        brought: What the base image brings, with what the project says of it.
        unknown: Modules of which nobody can tell the distribution, with the file that imports them.
    """

    requirements: list[Said[str]] = field(default_factory=list)
    brought: list[Said[str]] = field(default_factory=list)
    unknown: list[Said[str]] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """Canonical names of what it asks for."""
        return frozenset(canonicalize_name(Requirement(said.value).name) for said in self.requirements)


def decide_dependencies(
    declared: Sequence[Wanted],
    locked: Sequence[Wanted] | None,
    imports: Iterable[Import],
    base: BaseImage,
    notebook: Notebook,
) -> Dependencies:
    """Merge what is declared, locked and imported, and take away what the base image brings.

    Args:
        declared: From ``pyproject.toml``, requirements files, the Dockerfile.
        locked: From a lock file; its versions win.
        imports: What the scripts import, local modules left out.
        base: What the definition builds upon.
        notebook: Hears of conflicts and of what is left out.
    """
    here = [one for one in declared if _applies(one, base.environment)]
    wanted = _merge(here, [one for one in locked or () if _applies(one, base.environment)], notebook)
    found = Dependencies()
    for module in imports:
        _cover(module, wanted, base, locked is not None, found, notebook)
    for name in sorted(wanted):
        _settle(wanted[name], base, found, notebook)
    return found


def _applies(one: Wanted, environment: Mapping[str, str]) -> bool:
    marker = one.requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": ""})


def _merge(declared: Sequence[Wanted], locked: Sequence[Wanted], notebook: Notebook) -> dict[str, Wanted]:
    """Return one requirement a name: the lock's pin, else a declared pin, else all declared versions together."""
    pins = {one.name: one for one in locked}
    merged: dict[str, Wanted] = {}
    for one in declared:
        pin = pins.get(one.name)
        if pin is not None:
            _compare(pin, one, notebook)
            extras = pin.requirement.extras | one.requirement.extras
            pins[one.name] = Wanted(_requirement(pin.name, extras, pin.requirement.specifier), pin.origin, locked=True)
        else:
            before = merged.get(one.name)
            merged[one.name] = _together(before, one, notebook) if before else one
    return {**merged, **pins}


def _together(a: Wanted, b: Wanted, notebook: Notebook) -> Wanted:
    pinned = next((one for one in (a, b) if _pin(one) is not None), None)
    extras = a.requirement.extras | b.requirement.extras
    if pinned is None:
        versions = a.requirement.specifier & b.requirement.specifier
        return Wanted(_requirement(a.name, extras, versions), ", ".join(dict.fromkeys((a.origin, b.origin))))
    _compare(pinned, b if pinned is a else a, notebook)
    return Wanted(_requirement(a.name, extras, pinned.requirement.specifier), pinned.origin)


def _compare(pin: Wanted, other: Wanted, notebook: Notebook) -> None:
    version = _pin(pin)
    if version is not None and not other.requirement.specifier.contains(version, prereleases=True):
        notebook.add(
            other.origin, f"{other.requirement} does not agree with {pin.requirement} of {pin.origin}, which wins"
        )


def _requirement(name: str, extras: Iterable[str], versions: SpecifierSet) -> Requirement:
    listed = ",".join(sorted(extras))
    return Requirement(f"{name}{f'[{listed}]' if listed else ''}{versions}")


def _pin(one: Wanted) -> Version | None:
    """Return the one version that a requirement allows; None where it allows several."""
    for specifier in one.requirement.specifier:
        if specifier.operator in ("==", "===") and not specifier.version.endswith("*"):
            try:
                return Version(specifier.version)
            except InvalidVersion:
                return None
    return None


def _cover(
    module: Import, wanted: dict[str, Wanted], base: BaseImage, has_lock: bool, found: Dependencies, notebook: Notebook
) -> None:
    """See to it that something brings an imported module."""
    candidates = providers(module.module) or (canonicalize_name(module.module),)
    if any(name in wanted or name in base.brings for name in candidates):
        return
    known = providers(module.module)
    if module.optional:
        notebook.add(module.origin, f"imports {module.module} if it is there; nothing asks for it")
    elif known and not has_lock:
        wanted[known[0]] = Wanted(Requirement(known[0]), f"{module.origin} imports {module.module}")
    elif all(said.value != module.module for said in found.unknown):
        found.unknown.append(Said(module.module, module.origin))


def _settle(one: Wanted, base: BaseImage, found: Dependencies, notebook: Notebook) -> None:
    python = base.definition.python
    assert python is not None  # noqa: S101 - bases have a Python
    requirement = _requirement(one.name, one.requirement.extras, one.requirement.specifier)
    for pattern, because in {**python.never, **python.drop}.items():
        if fnmatch.fnmatchcase(one.name, canonicalize_name(pattern) if "*" not in pattern else pattern):
            notebook.add(one.origin, f"{requirement} left out: {because}")
            return
    if one.name in ADVICE:
        notebook.add(one.origin, f"{one.name} {ADVICE[one.name]}")
    own = [Requirement(text) for text in base.requirements if canonicalize_name(Requirement(text).name) == one.name]
    if any(not _adds_something(requirement, theirs) for theirs in own):
        found.brought.append(Said(str(requirement), one.origin))
        return
    pinned = next((theirs for theirs in own if theirs.specifier), None)
    if pinned is not None:
        notebook.add(
            one.origin, f"asks for {requirement}, but {base.name} brings {pinned}: that is what it will run with"
        )
        found.brought.append(Said(str(requirement), one.origin))
        return
    found.requirements.append(Said(str(requirement), one.origin))


def _adds_something(requirement: Requirement, theirs: Requirement) -> bool:
    """Tell whether a requirement says more than the base image's own one of the same name."""
    if requirement.extras - theirs.extras:
        return True
    if not requirement.specifier:
        return False
    return not any(_allowed(requirement.specifier, version) for version in _versions(theirs))


def _versions(requirement: Requirement) -> Iterator[Version]:
    for specifier in requirement.specifier:
        if specifier.operator in ("==", "==="):
            yield Version(specifier.version)


def _allowed(versions: SpecifierSet, version: Version) -> bool:
    """``==2.13.0+cpu`` names a build of 2.13.0, which is what the base image's index offers."""
    pins = [Version(one.version).public for one in versions if one.operator == "==" and not one.version.endswith("*")]
    return versions.contains(version, prereleases=True) or version.public in pins
