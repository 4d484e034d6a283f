"""Write the books that a root filesystem keeps of itself: wheels' RECORDs, dpkg's database, the linker's cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.rootfs import dpkg
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.elf_index import ELF_NOTES, read_all_elf
from nautiloid.factory.rootfs.loader_cache import loader_cache
from nautiloid.factory.rootfs.system import SYSTEM
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.wheels.unpack import rewrite_record


def write_books(
    tree: Tree, lock: Lock, packages: Sequence[dpkg.InstalledPackage], cache: Path, scratch: Path
) -> Mapping[str, ElfFacts]:
    """Write what depends on every other file; only what is in the tree now is in the books.

    Args:
        tree: Slimmed and compiled.
        lock: What went in.
        packages: The Debian packages of the tree.
        cache: Nautiloid's cache directory.
        scratch: Where a library may be inflated for a moment.

    Returns:
        The linking facts of every ELF file, by canonical path.
    """
    for wheel in lock.wheels:
        rewrite_record(tree, wheel, lock.definition.site_packages)
    if lock.definition.debian.database == "dpkg":
        dpkg.record_as_database(tree, packages)
    else:
        dpkg.record_as_status_d(tree, packages)
    facts = read_all_elf(tree, cache / ELF_NOTES, scratch)
    tree.file("etc/ld.so.cache", Literal(loader_cache(facts, lock.definition.architecture)), SYSTEM)
    return facts
