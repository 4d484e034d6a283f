"""Puts together what all records and files origin: each component once, with its files, its layer, and what it is in.

Whoever installed a file owns it: first the distribution's package manager, then Python's RECORDs. A Python distribution
whose metadata dpkg owns *is* that Debian package; one in another package's folder is vendored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from nautiloid.inspection.facts import Listed, Native
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.layer_listing import EntryKind
from nautiloid.inspection.ownership import owners, source_of_bytecode
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kinds import BY_PURL_TYPE, KINDS
from nautiloid.packages.native_projects import library_name
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import purl

_SYSTEM_KINDS = frozenset(purl_type for kind in KINDS if kind.of_system for purl_type in kind.purl_types)


@dataclass(frozen=True)
class Assembled:
    """The components of an image, and whose each file is.

    Attributes:
        owner: Position in ``components`` of the package that a path belongs to.
    """

    components: tuple[Component, ...]
    owner: Mapping[str, int]

    def owner_name(self, path: str) -> str:
        """Return the name of a path's package; empty for none."""
        position = self.owner.get(path)
        return self.components[position].name if position is not None else ""


class _Assembly:
    """Components under construction; their position is their identity."""

    def __init__(self, files: Mapping[str, TreeFile], real_path: Callable[[str], str]) -> None:
        self.files = files
        self.real_path = real_path
        self.components: list[Component] = []
        self.owner: dict[str, int] = {}
        self._known: dict[tuple[str, str, str, str], int] = {}
        self._named: dict[tuple[str, str], list[int]] = {}
        # Dictionaries, as thousands of files may hold the same: whoever made the image chooses how many.
        self._also: dict[int, dict[str, None]] = {}
        self._files: dict[int, dict[str, None]] = {}

    def add(self, component: Component, claimed: Iterable[str] = ()) -> int:
        """Take in a component, once, with those of the files it claims that are nobody's yet."""
        name = canonicalize_name(component.name) if component.kind == "pypi" else component.name
        record = component.evidence if component.kind == "pypi" and not component.within else ""
        key = (component.kind, name, f"{component.version} {record}", component.within)
        position = self._known.get(key)
        if position is None:
            position = self._known[key] = len(self.components)
            self.components.append(component)
            self._named.setdefault((component.within, library_name(component.name)), []).append(position)
        else:
            self.note(position, component)
        for path in claimed:
            if path in self.files:
                self.owner.setdefault(path, position)
        return position

    def note(self, position: int, component: Component) -> None:
        """Record that a component was found in another way as well."""
        kept = self.components[position]
        origin = f"{component.how} ({component.evidence})"
        if origin != f"{kept.how} ({kept.evidence})":
            self._also.setdefault(position, dict.fromkeys(kept.also))[origin] = None

    def lies_in(self, position: int, path: str) -> None:
        """Record that a component is in one more file."""
        self._files.setdefault(position, dict.fromkeys(self.components[position].files))[path] = None

    def so_called(self, within: str, name: str) -> list[int]:
        """Return the components of a package that have a name, however they spell it."""
        return self._named.get((within, library_name(name)), [])

    def complete(self) -> list[Component]:
        """Return the components with all that was recorded of them."""
        for position, origins in self._also.items():
            self.components[position] = replace(self.components[position], also=tuple(origins))
        for position, paths in self._files.items():
            self.components[position] = replace(self.components[position], files=tuple(paths))
        return self.components

    def within(self, path: str) -> str:
        """Return the purl of the package that a path belongs to; empty for none."""
        position = self.owner.get(path)
        return self.components[position].purl if position is not None else ""


def assemble_components(
    files: Mapping[str, TreeFile],
    records: Mapping[str, bytes],
    distribution: Distribution,
    real_path: Callable[[str], str],
) -> Assembled:
    """Find every component of a file tree.

    Args:
        files: The tree, sorted by path, each file with its facts.
        records: The package records among them, by path.
        distribution: Whose packages they are.
        real_path: Follows links of directories.
    """
    assembly = _Assembly(files, real_path)
    _add_system_packages(assembly, records, distribution)
    _add_distributions(assembly, records, distribution)
    _give_bytecode_to_its_source(assembly)
    for kind in KINDS:
        for path, component in kind.bundled(records):
            _add_bundled(assembly, component, path)
    _add_listed(assembly)
    _add_native_libraries(assembly)
    return _finish(assembly)


def _add_system_packages(assembly: _Assembly, records: Mapping[str, bytes], distribution: Distribution) -> None:
    of_system = [kind for kind in KINDS if kind.of_system]
    claims: dict[tuple[str, str], list[str]] = {}
    for path, package in owners(records, assembly.real_path, of_system).items():
        file = assembly.files.get(path)
        if file is not None and file.kind is not EntryKind.DIRECTORY:
            claims.setdefault((package.kind, package.name), []).append(path)
    for kind in of_system:
        for component in kind.packages(records, distribution):
            assembly.add(component, claims.get((kind.name, component.name), ()))
    for file in assembly.files.values():
        facts = file.entry.facts if file.entry else None
        for component in facts.components if isinstance(facts, Listed) else ():
            if component.kind in _SYSTEM_KINDS:
                named = BY_PURL_TYPE[component.kind].of_distribution(component, distribution)
                assembly.add(named, (assembly.real_path(path) for path in component.files))


def _add_distributions(assembly: _Assembly, records: Mapping[str, bytes], distribution: Distribution) -> None:
    """Add what languages' own tools have installed, those that stand by themselves first."""
    for kind in KINDS:
        if kind.of_system:
            continue
        for component in kind.packages(records, distribution):
            record, alone = component.evidence.lstrip("/"), kind.stands_alone(component)
            position = assembly.owner.get(record)
            by_system = position is not None and assembly.components[position].kind in _SYSTEM_KINDS
            if position is not None and by_system and alone:
                assembly.note(position, component)
                continue
            assembly.add(replace(component, within="" if alone else assembly.within(record)), component.files)


def _give_bytecode_to_its_source(assembly: _Assembly) -> None:
    """Bytecode that was compiled ahead of time belongs to its source, even where no list names it."""
    for path in assembly.files:
        if path.endswith(".pyc") and path not in assembly.owner:
            position = assembly.owner.get(source_of_bytecode(path))
            if position is not None:
                assembly.owner[path] = position


def _add_bundled(assembly: _Assembly, component: Component, path: str) -> None:
    """Add what a list inside of a package names; the package itself and what it names without a version are none."""
    position = assembly.owner.get(path)
    within = assembly.components[position] if position is not None else None
    if within is not None and canonicalize_name(component.name) == canonicalize_name(within.name):
        return
    if not component.version:
        return
    assembly.add(replace(component, within=within.purl if within else ""))


def _add_listed(assembly: _Assembly) -> None:
    for path, file in assembly.files.items():
        facts = file.entry.facts if file.entry else None
        components = facts.components if isinstance(facts, Listed) else ()
        if isinstance(facts, Native):
            components = facts.modules
        for component in components:
            if component.kind in _SYSTEM_KINDS:
                continue
            within = component.within or assembly.within(path)
            if not within or component.purl != within:
                assembly.add(replace(component, within=within), (path,))


def _add_native_libraries(assembly: _Assembly) -> None:
    """Add libraries inside of native files, but not those of the distribution's own packages: they are packages."""
    for path, file in assembly.files.items():
        facts = file.entry.facts if file.entry else None
        if not isinstance(facts, Native) or file.linked not in ("", path):
            continue
        position = assembly.owner.get(path)
        if position is not None and assembly.components[position].kind in _SYSTEM_KINDS:
            continue
        within = assembly.within(path)
        for clue in facts.clues:
            _add_clue(assembly, path, within, Component(
                kind=clue.kind,
                name=clue.name,
                version=clue.version,
                purl=purl(clue.kind, "", clue.name, clue.version),
                how=Found.NATIVE,
                evidence=f"/{path}: {clue.evidence}",
                confidence=clue.confidence,
                within=within,
                files=(path,),
            ))  # fmt: skip


def _add_clue(assembly: _Assembly, path: str, within: str, component: Component) -> None:
    """Add a library, unless the SBOM that its distribution carries names it already: then it is one component."""
    positions = assembly.so_called(within, component.name)
    for position in positions if within else ():
        known = assembly.components[position]
        if known.how is not Found.NATIVE and component.version in ("", known.version):
            assembly.note(position, component)
            assembly.lies_in(position, path)
            return
    for position in positions:
        known = assembly.components[position]
        same = known.how is Found.NATIVE and known.name == component.name
        if same and component.version in ("", known.version):
            assembly.lies_in(position, path)
            return
    assembly.add(component)


def _finish(assembly: _Assembly) -> Assembled:
    """Give each component its files, their size, and its layer."""
    owned: dict[int, list[str]] = {}
    for path, position in assembly.owner.items():
        owned.setdefault(position, []).append(path)
    finished = []
    for position, component in enumerate(assembly.complete()):
        paths = set(owned.get(position, ()))
        if component.within or component.kind not in (*_SYSTEM_KINDS, "pypi"):
            paths |= {path for path in component.files if path in assembly.files}
        files = tuple(sorted(paths))
        record = component.evidence.lstrip("/").partition(": ")[0]
        at = assembly.files.get(record) or (assembly.files.get(files[0]) if files else None)
        finished.append(
            replace(component, files=files, size=_size(assembly.files, files), layer=at.layer if at else -1)
        )
    return Assembled(tuple(finished), assembly.owner)


def _size(files: Mapping[str, TreeFile], paths: tuple[str, ...]) -> int:
    total, counted = 0, set()
    for path in paths:
        file = files[path]
        name = file.linked or path
        if file.entry is not None and name not in counted:
            counted.add(name)
            total += file.entry.size
    return total
