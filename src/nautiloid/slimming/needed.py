"""From the paths that a program named to the files of the image that must stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory import slim
from nautiloid.factory.rootfs.tree import NodeKind, Tree

# What nobody opens and everybody relies on: licences, package metadata, name service, trust, time zones.
_ALWAYS = (
    "etc/**", "dev/**", "var/**", "home/**", "root/**", "tmp/**",
    "usr/share/doc/**", "usr/share/zoneinfo/**", "usr/share/ca-certificates/**", "usr/lib/ssl/**", "usr/lib/os-release",
    "**/*.dist-info/**", "**/{LICENSE,LICENCE,COPYING,NOTICE,COPYRIGHT}*",
)  # fmt: skip


def needed_files(tree: Tree, used: Iterable[str], facts: Mapping[str, ElfFacts]) -> set[str]:
    """Return the canonical paths that must stay.

    Args:
        tree: The image.
        used: Paths that were used, absolute, as the program named them.
        facts: Of the image's ELF files: what a library needs stays with it.
    """
    stay = {entry.path for entry in tree.files() if slim.matches(_ALWAYS, entry.path)}
    for path in used:
        entry = tree.lookup(path.lstrip("/"))
        if entry is not None and entry.kind is NodeKind.FILE:
            stay.add(entry.path)
    stay |= {twin for path in stay for twin in _twins(tree, path)}
    return with_libraries(tree, stay, facts)


def _twins(tree: Tree, path: str) -> list[str]:
    """Return the source beside a bytecode file, and the bytecode beside a source: one without the other is a trap."""
    directory, _, name = path.rpartition("/")
    if name.endswith(".pyc") and directory.endswith("/__pycache__"):
        candidates = [f"{directory.removesuffix('/__pycache__')}/{name.partition('.')[0]}.py"]
    elif name.endswith(".py"):
        stem = name.removesuffix(".py")
        candidates = [
            f"{directory}/__pycache__/{stem}.cpython-{version}.pyc" for version in ("311", "312", "313", "314")
        ]
    else:
        return []
    return [candidate for candidate in candidates if candidate in tree]


def with_libraries(tree: Tree, stay: set[str], facts: Mapping[str, ElfFacts]) -> set[str]:
    """Add every native library that one which stays may load, by name, wherever it lies."""
    homes: dict[str, list[str]] = {}
    for entry in tree:
        target = tree.lookup(entry.path) if entry.kind is NodeKind.SYMLINK else entry
        if target is not None and target.path in facts:
            homes.setdefault(entry.path.rpartition("/")[2], []).append(target.path)
    found, agenda = set(stay), [path for path in stay if path in facts]
    while agenda:
        for soname in facts[agenda.pop()].needed:
            for path in homes.get(soname, ()):
                if path not in found:
                    found.add(path)
                    agenda.append(path)
    return found
