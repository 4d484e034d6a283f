"""Add packages to a definition, or take them out: the file is edited only when its lock could be made."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid import catalog
from nautiloid.atomic import atomic_file
from nautiloid.debian.mirrors import Mirrors
from nautiloid.debian.relation import parse_relations
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.factory.definition_edit import ListKey, entries, with_entry, without_entry
from nautiloid.factory.definition_file import load_definition
from nautiloid.net.fetch import Fetcher
from nautiloid.workflows.locking import Renewed, lock_places

_DEBIAN = "deb:"
_PYTHON_LIST: ListKey = ("python", "requirements")
_DEBIAN_LIST: ListKey = ("debian", "packages")


@dataclass(frozen=True)
class EditOrder:
    """What to edit.

    Attributes:
        definition: A YAML file, or a directory with ``nautiloid.yaml``.
        architectures: Debian's names with commas between them; None: what the definition says.
        lock: Where the lock lies; None: the usual place.
        outside: What the definition may take beside what lies in its directory.
        mirrors: The user's own choice of mirrors.
    """

    definition: str
    architectures: str | None = None
    lock: Path | None = None
    outside: tuple[Path, ...] = ()
    mirrors: Mirrors = field(default_factory=Mirrors)


@dataclass(frozen=True)
class Edited:
    """An edited definition and its new locks, all of them written.

    Attributes:
        path: The definition's file.
        lines: What was edited, a line for each package.
        locks: One for each processor.
    """

    path: Path
    lines: tuple[str, ...]
    locks: tuple[Renewed, ...]


def add(packages: Sequence[str], order: EditOrder, fetcher: Fetcher) -> Edited:
    """Add packages to a definition, and bring its lock up to date with as little moved as that needs.

    A package that the definition's own file lists already gets the new version in its old place.

    Args:
        packages: PEP 508 requirements, and Debian relations behind ``deb:``.
        order: The definition.
        fetcher: The way to downloads.

    Raises:
        UsageError: One is no requirement, or the definition cannot be edited.
        NautiloidError: The lock cannot be made; the definition then stays as it was.
    """

    def edit(text: str, package: str) -> tuple[str, str]:
        key, entry = _read(package)
        own = entries(text, key)
        there = [place for place, one in enumerate(own) if _name(key, one) == _name(key, entry)]
        if len(there) > 1:
            raise UsageError(f"{'.'.join(key)} lists {_name(key, entry)} {len(there)} times", "Please edit it by hand.")
        if there and own[there[0]] == entry:
            return text, f"{'.'.join(key)}: has {entry} already"
        said = f"{own[there[0]]} -> {entry}" if there else f"+ {entry}"
        return with_entry(text, key, entry, there[0] if there else None), f"{'.'.join(key)}: {said}"

    return _edited(packages, edit, order, fetcher)


def remove(packages: Sequence[str], order: EditOrder, fetcher: Fetcher) -> Edited:
    """Take packages out of a definition's own lists, and bring its lock up to date.

    Args:
        packages: Names, those of Debian packages behind ``deb:``.
        order: The definition.
        fetcher: The way to downloads.

    Raises:
        UsageError: The definition's own file lists no such package, or cannot be edited.
        NautiloidError: The lock cannot be made; the definition then stays as it was.
    """

    def edit(text: str, package: str) -> tuple[str, str]:
        key, entry = _read(package)
        own = entries(text, key)
        place = next((place for place, one in enumerate(own) if _name(key, one) == _name(key, entry)), None)
        if place is None:
            listed = f"It lists {', '.join(own)}." if own else "It lists none."
            raise UsageError(
                f"{'.'.join(key)} of the definition's own file does not list {_name(key, entry)}",
                f"{listed} What it inherits is kept out with {key[0]}.never.",
            )
        return without_entry(text, key, place), f"{'.'.join(key)}: - {own[place]}"

    return _edited(packages, edit, order, fetcher)


def _edited(
    packages: Sequence[str], edit: Callable[[str, str], tuple[str, str]], order: EditOrder, fetcher: Fetcher
) -> Edited:
    path = load_definition(order.definition, outside=order.outside).path
    if catalog.find(order.definition) is not None and not Path(order.definition).exists():
        raise UsageError(
            f"'{order.definition}' ships with Nautiloid, and is not edited",
            f"Write a definition of your own that builds upon it: extends: {order.definition}",
        )
    before = path.read_bytes()
    text, lines = before.decode("utf-8"), []
    for package in packages:
        text, line = edit(text, package)
        lines.append(line)
    places = lock_places(str(path), order.architectures, order.lock, order.outside, text=text)
    locks = tuple(place.renewed(fetcher, order.mirrors) for place in places)
    if text.encode() != before:
        _replace(path.resolve(), before, text.encode())
    for lock in locks:
        lock.write()
    return Edited(path, tuple(lines), locks)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    if path.read_bytes() != before:
        raise UsageError(f"{path} was edited by somebody else meanwhile", "Try again.")
    with atomic_file(path, mode=stat.S_IMODE(path.stat().st_mode)) as file:
        file.write(after)


def _read(package: str) -> tuple[ListKey, str]:
    key = _DEBIAN_LIST if package.startswith(_DEBIAN) else _PYTHON_LIST
    entry = package.removeprefix(_DEBIAN).strip()
    if not _name(key, entry):
        kind = "a relation such as deb:libgomp1" if key is _DEBIAN_LIST else "a requirement such as numpy or 'numpy>=2'"
        raise UsageError(f"'{package}' is not {kind}", "A Debian package is named with deb: before it.")
    return key, entry


def _name(key: ListKey, entry: str) -> str:
    """Return which package an entry asks for; empty where it is no such thing."""
    try:
        if key is _PYTHON_LIST:
            return canonicalize_name(Requirement(entry).name)
        relations = parse_relations(entry)
        return relations[0].alternatives[0].name if len(relations) == 1 else ""
    except (InvalidRequirement, NautiloidError):
        return ""
