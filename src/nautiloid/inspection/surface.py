"""The attack surface of a file tree: what can be started, what gains rights, what is hardened and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nautiloid.inspection import known_programs
from nautiloid.inspection.facts import Native, Script
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.inventory import Executable, Hardening, ModelFile, Surface
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry
from nautiloid.models.verdict import Judgement

_CAPABILITY = "security.capability"
_SETID, _OTHERS_WRITE, _STICKY = 0o6000, 0o002, 0o1000

Owner = Callable[[str], str]
"""Returns the name of the package that a path belongs to; empty for none."""


def find_surface(files: Mapping[str, TreeFile], owner: Owner) -> Surface:
    """Look at every file of a tree.

    Args:
        files: The tree, sorted by path.
        owner: Whose each path is.
    """
    executables = tuple(_executables(files, owner))
    by_name = {file.path: known_programs.known_name(file.path) for file in executables}

    def among(names: frozenset[str]) -> tuple[str, ...]:
        return tuple(path for path, name in by_name.items() if name in names)

    entries = tuple(_first_names(files))
    return Surface(
        executables=executables,
        shared_objects=sum(isinstance(e.facts, Native) and e.facts.shared_object for _, _, e in entries),
        shells=among(known_programs.SHELLS),
        interpreters=among(known_programs.INTERPRETERS),
        package_managers=among(known_programs.PACKAGE_MANAGERS),
        compilers=among(known_programs.COMPILERS),
        network_clients=among(known_programs.NETWORK_CLIENTS),
        setuid=tuple(path for path, _, entry in entries if entry.mode & _SETID),
        capabilities=tuple(path for path, _, entry in entries if any(name == _CAPABILITY for name, _ in entry.xattrs)),
        world_writable=tuple(_world_writable(files)),
        hardening=tuple(_hardening(entries, owner)),
        models=tuple(_models(entries)),
    )


def _first_names(files: Mapping[str, TreeFile]) -> Iterator[tuple[str, TreeFile, LayerEntry]]:
    """Yield each regular file once: a file with several hard links by its first name."""
    for path, file in files.items():
        if file.entry is not None and file.kind is EntryKind.FILE and file.linked in ("", path):
            yield path, file, file.entry


def _executables(files: Mapping[str, TreeFile], owner: Owner) -> Iterator[Executable]:
    for path, file, entry in _first_names(files):
        if not entry.mode & 0o111:
            continue
        if isinstance(entry.facts, Native) and entry.facts.program:
            yield Executable(path, "ELF", file.layer, entry.size, "", owner(path))
        elif isinstance(entry.facts, Script):
            yield Executable(path, "script", file.layer, entry.size, entry.facts.interpreter, owner(path))


def _world_writable(files: Mapping[str, TreeFile]) -> Iterator[str]:
    for path, file in files.items():
        if file.entry is None or file.kind not in (EntryKind.FILE, EntryKind.DIRECTORY):
            continue
        shared = file.kind is EntryKind.DIRECTORY and file.entry.mode & _STICKY
        if file.entry.mode & _OTHERS_WRITE and not shared:
            yield path


def _hardening(entries: tuple[tuple[str, TreeFile, LayerEntry], ...], owner: Owner) -> Iterator[Hardening]:
    for path, _, entry in entries:
        facts = entry.facts
        if isinstance(facts, Native) and (facts.program or facts.shared_object):
            yield Hardening(
                path, facts.program, facts.pie, facts.relro, facts.canary, facts.fortify, facts.nx, owner(path)
            )


def _models(entries: tuple[tuple[str, TreeFile, LayerEntry], ...]) -> Iterator[ModelFile]:
    for path, file, entry in entries:
        facts = entry.facts
        if isinstance(facts, Judgement):
            yield ModelFile(
                path, facts.form, entry.size, file.layer, entry.sha256, facts.verdict, facts.reasons, facts.imports
            )
