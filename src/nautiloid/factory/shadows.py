"""Files that take another one's place without lying at its path: found first where Python, a shell or ld.so looks.

Two inputs that bring different files to one path are refused by the tree itself. But a module may also be shadowed by
another form of it (a package ``six/`` beside ``six.py``, compiled bytecode in ``__pycache__``, a native module: the
finders of ``importlib.machinery.FileFinder`` take them in an order), a program by one of its name below ``/usr/local``,
and so may a library (the linker's cache lists ``/usr/local/lib`` first, as ldconfig(8) does).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nautiloid.elf.linking import ElfFacts
from nautiloid.factory.rootfs.tree import Node, NodeKind, Tree, TreeError

_PYTHONS = re.compile(r"usr/(?:local/)?lib/python3[^/]*/.+")
_FORM = re.compile(r"[^.]+(?:\.py|(?:\.[^.]+)?\.pyc|(?:\.cpython-[^.]+|\.abi3)?\.so)")
_SEARCHED = re.compile(r"s?bin/(?P<program>[^/]+)|lib/(?:[^/]+-linux-gnu/)?(?P<library>[^/]+\.so(?:\.[^/]+)?)")
# Whatever lies there is in the linker's cache, by the name that it calls itself.
_LINKED = re.compile(r"usr/(?:local/)?lib/(?:[^/]+-linux-gnu/)?[^/]+")


def check_shadows(tree: Tree) -> None:
    """Refuse a tree in which a wheel or a Debian package has what would be taken for a file of another.

    What the definition itself puts into the image (files, weights, links) may stand before what it likes.

    Raises:
        TreeError: One would; both are named.
    """
    entries = [entry for entry in tree if entry.kind is not NodeKind.DIRECTORY]
    _check_modules([entry for entry in entries if _is_packaged(entry)])
    _check_local(entries)


def check_libraries(tree: Tree, facts: Mapping[str, ElfFacts]) -> None:
    """Refuse libraries below ``/usr/local`` that call themselves what another's is called, whatever their files' names.

    Args:
        tree: Finished.
        facts: The linking facts of its ELF files, by canonical path.

    Raises:
        TreeError: There is one; both are named.
    """
    linked = [entry for entry in tree.files() if entry.path in facts and _LINKED.fullmatch(entry.path)]
    names = {facts[entry.path].soname: entry for entry in linked if not entry.path.startswith("usr/local/")}
    for entry in linked:
        soname = facts[entry.path].soname
        if soname in names and soname and entry.path.startswith("usr/local/"):
            _refuse_local(entry, names[soname])


def _check_modules(packaged: list[Node]) -> None:
    first: dict[str, Node] = {}
    for entry in packaged:
        module = _module(entry.path)
        if module is not None and first.setdefault(module, entry).origin.component != entry.origin.component:
            raise _shadow(first[module], entry, "are one module to Python")


def _module(path: str) -> str | None:
    """Return what Python takes a file for, as a path without suffix; None for no module."""
    directory, _, name = path.rpartition("/")
    if _FORM.fullmatch(name) is None or _PYTHONS.fullmatch(path) is None:
        return None
    # The standard library has two directories, one read after the other.
    directory = directory.removesuffix("/__pycache__").removesuffix("/lib-dynload")
    return f"{directory}/{name.partition('.')[0]}".removesuffix("/__init__")


def _check_local(entries: list[Node]) -> None:
    names = {known: entry for entry in entries if (known := _known_as(entry.path, "usr/"))}
    for entry in entries:
        if (other := names.get(_known_as(entry.path, "usr/local/") or "")) is not None:
            _refuse_local(entry, other)


def _refuse_local(entry: Node, other: Node) -> None:
    if _is_packaged(entry) and other.origin.component != entry.origin.component:
        raise _shadow(other, entry, "go by one name, and the latter is found first")


def _known_as(path: str, below: str) -> str | None:
    """Return by what a program or a library is looked for, whichever of its directories it lies in."""
    found = _SEARCHED.fullmatch(path.removeprefix(below)) if path.startswith(below) else None
    if found is None:
        return None
    return f"program {found['program']}" if found["program"] else f"library {found['library']}"


def _is_packaged(entry: Node) -> bool:
    return entry.origin.component.partition(":")[0] in ("wheel", "deb")


def _shadow(one: Node, other: Node, why: str) -> TreeError:
    return TreeError(
        f"/{one.path} ({one.origin.component}) and /{other.path} ({other.origin.component}) {why}",
        "Remove one of the two from the definition.",
    )
