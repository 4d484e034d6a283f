"""What the files of a tree need and the tree, its wheels and the engine do not answer."""

from __future__ import annotations

from collections.abc import Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.errors import NautiloidError
from nautiloid.factory.lockfile import LibraryNeed, Lock
from nautiloid.factory.rootfs.linkage import MissingLibrary, missing_libraries, missing_versions
from nautiloid.factory.rootfs.tree import Tree
from nautiloid.factory.wholesome import has_control_characters


class OldLibraryError(NautiloidError):
    """A library of an image is too old for a file that needs it."""


def unanswered(tree: Tree, facts: Mapping[str, ElfFacts], lock: Lock) -> list[MissingLibrary]:
    """Return the libraries that nothing brings, neither the tree nor the host.

    Args:
        tree: Slimmed.
        facts: The linking facts of its ELF files, by canonical path.
        lock: Says which wheel needs which, and what the host brings.
    """
    by_host = lock.definition.image.host_libraries
    missing = missing_libraries(tree, facts, lock.definition.architecture, _needs(lock))
    return [library for library in missing if library.soname not in by_host]


def library_needs(tree: Tree, facts: Mapping[str, ElfFacts], lock: Lock) -> list[LibraryNeed]:
    """Return what is unanswered as a lock has it: once for each component that needs a library.

    Raises:
        NautiloidError: A file asks for a library by what is no name.
    """
    needs: dict[tuple[str, str], LibraryNeed] = {}
    for library in unanswered(tree, facts, lock):
        if has_control_characters(library.soname):
            raise NautiloidError(
                f"/{library.path} asks for a library by a name with control characters: {library.soname!a}",
                "Take the file out with a 'slim' rule, or do without what brings it.",
            )
        entry = tree.get(library.path)
        component = entry.origin.component if entry else ""
        need = LibraryNeed(soname=library.soname, component=component, path=f"/{library.path}")
        needs.setdefault((library.soname, component), need)
    return list(needs.values())


def refuse_old(tree: Tree, facts: Mapping[str, ElfFacts], lock: Lock) -> None:
    """Check that every library has the symbol versions that files need of it.

    Raises:
        OldLibraryError: One has not; the message lists who needs what.
    """
    old = missing_versions(tree, facts, lock.definition.architecture)
    if old:
        shown = "\n".join(f"  {version}" for version in old[:20])
        raise OldLibraryError(
            f"libraries of the image '{lock.definition.name}' are too old for {len(old)} needs of its files:\n{shown}",
            "Choose a wheel that was built for an older C library, or extend an image of a newer Debian "
            "(python-trixie).",
        )


def _needs(lock: Lock) -> dict[str, set[str]]:
    """Return for each wheel's component those of all that it needs, directly or through others."""
    direct: dict[str, set[str]] = {wheel.name: set() for wheel in lock.wheels}
    for wheel in lock.wheels:
        for dependent in wheel.wanted_by:
            direct.setdefault(dependent, set()).add(wheel.name)
    found: dict[str, set[str]] = {}
    for name, wanted in direct.items():
        reached, agenda = set(wanted), list(wanted)
        while agenda:
            more = direct.get(agenda.pop(), set()) - reached
            reached |= more
            agenda += more
        found[f"wheel:{name}"] = {f"wheel:{other}" for other in reached}
    return found
