"""Libraries that wheels open by name at run time: no ELF file says so, a table does (``opened.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files

from nautiloid.factory.lockfile import LibraryNeed, Lock
from nautiloid.factory.rootfs.linkage import default_directories
from nautiloid.factory.rootfs.tree import Tree


def opened_table() -> str:
    """Return the table's text, as TOML."""
    return (files(__package__) / "opened.toml").read_text(encoding="utf-8")


def missing_opened(tree: Tree, lock: Lock) -> Iterator[LibraryNeed]:
    """Yield what the lock's wheels are known to open and the tree has not where the dynamic linker looks."""
    table = tomllib.loads(opened_table())
    names = {wheel.name for wheel in lock.wheels}
    directories = default_directories(lock.definition.architecture)
    for wheel in sorted(names & table.keys()):
        for soname in table[wheel]["libraries"]:
            if not any(tree.lookup(f"{place}/{soname}") for place in directories):
                yield LibraryNeed(soname=soname, component=f"wheel:{wheel}")
