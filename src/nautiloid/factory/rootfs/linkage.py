"""Does every native library that an image's files need lie inside the image?

No maintainer script, no package manager and no person will notice a missing ``libfoo.so.1`` before the first user
does. So each build looks for every DT_NEEDED of every ELF file where ld.so(8) would: in the file's own DT_RUNPATH or
DT_RPATH and the default directories. The DT_RPATH of whoever loads a library, which ld.so also follows, is not: instead
a library of the same wheel, or of one that it needs, counts as found (see ``missing_libraries``).

A library that is there may still be too old: every symbol version that a file needs of a library (GLIBC_2.38) must be
one that the library defines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.rootfs.tree import NodeKind, Tree

TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


@dataclass(frozen=True)
class MissingLibrary:
    """A library that ``path`` needs and the image lacks."""

    path: str
    soname: str

    def __str__(self) -> str:
        return f"/{self.path} needs {self.soname}"


@dataclass(frozen=True)
class MissingVersion:
    """A symbol version that ``path`` needs of a library which does not define it."""

    path: str
    soname: str
    version: str

    def __str__(self) -> str:
        return f"/{self.path} needs {self.version} of {self.soname}, which is older"


def default_directories(architecture: str) -> tuple[str, ...]:
    """Return where Debian's dynamic linker looks by itself, in its order."""
    triplet = TRIPLETS[architecture]
    return (f"usr/lib/{triplet}", f"usr/local/lib/{triplet}", "usr/local/lib", "usr/lib")


def missing_libraries(
    tree: Tree,
    facts: Mapping[str, ElfFacts],
    architecture: str,
    needs: Mapping[str, Collection[str]] | None = None,
) -> list[MissingLibrary]:
    """Resolve every DT_NEEDED inside the tree and return what is not there.

    A library without a search path of its own may rely on its loader's: ``torch/lib/libtorch.so`` finds its siblings
    because the extension module that loads it has loaded them before, and torchvision's module relies on torch having
    been imported. A soname that lies in the same wheel, or in one that it needs, counts as found, when the file itself
    is no program.

    Args:
        tree: The image.
        facts: Of its ELF files, by path.
        architecture: Debian's name of the processor.
        needs: For each component (``wheel:torchvision``) those that it needs, directly or not.
    """
    defaults = default_directories(architecture)
    by_component = _sonames_by_component(tree, facts)
    missing = []
    for path, elf in sorted(facts.items()):
        entry = tree.get(path)
        component = entry.origin.component if entry else ""
        places = [_expand(place, path) for place in elf.search] + list(defaults)
        for soname in elf.needed:
            if any(tree.lookup(f"{place}/{soname}") for place in places):
                continue
            loaded_before = (component, *(needs or {}).get(component, ()))
            if not elf.program and any(soname in by_component.get(other, ()) for other in loaded_before):
                continue
            missing.append(MissingLibrary(path, soname))
    return missing


def missing_versions(tree: Tree, facts: Mapping[str, ElfFacts], architecture: str) -> list[MissingVersion]:
    """Compare the symbol versions that files need with those that the libraries of the tree define.

    A library without any version, and one that cannot be found (see ``missing_libraries``), is not judged.
    """
    missing = []
    defaults = default_directories(architecture)
    for path, elf in sorted(facts.items()):
        places = [_expand(place, path) for place in elf.search] + list(defaults)
        for soname, wanted in elf.versions.items():
            found = next((entry for place in places if (entry := tree.lookup(f"{place}/{soname}"))), None)
            library = facts.get(found.path) if found else None
            if library is not None and library.defines:
                lacking = sorted(set(wanted) - set(library.defines))
                missing += [MissingVersion(path, soname, version) for version in lacking]
    return missing


def _sonames_by_component(tree: Tree, facts: Mapping[str, ElfFacts]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for entry in tree:
        if entry.kind is NodeKind.DIRECTORY or not entry.origin.component.startswith("wheel:"):
            continue
        basename = entry.path.rpartition("/")[2]
        if entry.path in facts or ".so" in basename:
            names.setdefault(entry.origin.component, set()).add(basename)
    return names


def _expand(place: str, path: str) -> str:
    origin = "/" + path.rpartition("/")[0]
    return place.replace("${ORIGIN}", origin).replace("$ORIGIN", origin).lstrip("/")
