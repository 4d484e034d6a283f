"""Which package a path belongs to, as the image's own package databases tell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nautiloid import bounds
from nautiloid.packages.kind import PackageKind
from nautiloid.packages.kinds import KINDS

_BYTECODE = re.compile(r"(?P<directory>.*/|)__pycache__/(?P<module>[^/.]+)\.[^/]+\.pyc")


@dataclass(frozen=True, order=True, slots=True)
class Owner:
    """A package that files belong to.

    Attributes:
        kind: Name of its kind: ``deb``, ``apk``, ``python`` ...
        version: Empty when the database does not say.
    """

    kind: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


def is_package_record(path: str, size: int) -> bool:
    """Tell whether a file is one of a package manager's records, so that its content is worth keeping."""
    return size <= bounds.RECORD and any(kind.is_record(path) for kind in KINDS)


def owners(
    records: Mapping[str, bytes], real_path: Callable[[str], str], kinds: Sequence[PackageKind] = KINDS
) -> dict[str, Owner]:
    """Return the package of each path that one of the records names.

    Args:
        records: The contents of the files that ``is_package_record`` chose, by path.
        real_path: Follows links of directories: packages still say ``lib/`` where ``/lib`` is a link to ``usr/lib``.
        kinds: Whose word counts.
    """
    found: dict[str, Owner] = {}
    claims = [(claim, kind) for kind in kinds for claim in kind.claims(records)]
    for claim, kind in sorted(claims, key=lambda pair: pair[0].path):
        package = Owner(kind.name, claim.name, claim.version)
        # A list belongs to the package that it lists, as do the files beside it.
        for claimed in (claim.path, *claim.files):
            found.setdefault(real_path(claimed), package)
    return {**_directories(found), **found}


def _directories(found: Mapping[str, Owner]) -> dict[str, Owner]:
    """Return the directories in which one package alone has files."""
    inside: dict[str, set[Owner]] = {}
    for path, package in found.items():
        parent = posixpath.dirname(path)
        while parent and package not in inside.setdefault(parent, set()):
            inside[parent].add(package)
            parent = posixpath.dirname(parent)
    return {path: next(iter(packages)) for path, packages in inside.items() if len(packages) == 1}


def owner_of(path: str, known: Mapping[str, Owner]) -> Owner | None:
    """Return the package of a path; bytecode belongs to the package of its source, even where no list names it."""
    found = known.get(path)
    if found is None and path.endswith("/__pycache__"):
        found = known.get(posixpath.dirname(path))
    return found if found is not None else known.get(source_of_bytecode(path))


def source_of_bytecode(path: str) -> str:
    """Return the module that a bytecode file was compiled from; empty for any other file."""
    match = _BYTECODE.fullmatch(path)
    return f"{match['directory']}{match['module']}.py" if match else ""
