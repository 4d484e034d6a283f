"""Which package a path belongs to, as the image's own package databases tell.

Sources: dpkg's file lists (``/var/lib/dpkg/info/*.list``, and ``status.d/*.md5sums`` in distroless images), apk's
``/lib/apk/db/installed``, and ``RECORD`` of installed Python distributions (packaging.python.org, "Recording installed
projects").
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

_LARGEST_LIST = 32 << 20
_STATUS_D = "var/lib/dpkg/status.d/"
_INFO = "var/lib/dpkg/info/"
_STATUS = "var/lib/dpkg/status"
_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_BYTECODE = re.compile(r"(?P<directory>.*/|)__pycache__/(?P<module>[^/.]+)\.[^/]+\.pyc")
_DIST_INFO = re.compile(r"(?P<site>.*/|)(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/RECORD")


@dataclass(frozen=True, order=True, slots=True)
class Package:
    """A package that files belong to.

    Attributes:
        kind: ``deb``, ``apk`` or ``python``.
        version: Empty when the database does not say.
    """

    kind: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


def is_package_list(path: str, size: int) -> bool:
    """Tell whether a file says which package owns what, so that its content is worth keeping."""
    if size > _LARGEST_LIST:
        return False
    if path in (_STATUS, *_APK):
        return True
    if path.startswith(_INFO):
        return path.endswith(".list")
    return path.startswith(_STATUS_D) or path.endswith(".dist-info/RECORD")


def owners(lists: Mapping[str, bytes], real_path: Callable[[str], str]) -> dict[str, Package]:
    """Return the package of each path that one of the lists names.

    Args:
        lists: The contents of the files that ``is_package_list`` chose, by path.
        real_path: Follows links of directories: packages still say ``lib/`` where ``/lib`` is a link to ``usr/lib``.
    """
    found: dict[str, Package] = {}
    versions = _dpkg_versions(lists)
    for path, content in sorted(lists.items()):
        for package, paths in _claims(path, content.decode("utf-8", "replace"), versions):
            # A list belongs to the package that it lists, as do the files beside it.
            for claimed in (path, *paths):
                found.setdefault(real_path(claimed), package)
    return {**_directories(found), **found}


def _directories(found: Mapping[str, Package]) -> dict[str, Package]:
    """Return the directories in which one package alone has files."""
    inside: dict[str, set[Package]] = {}
    for path, package in found.items():
        parent = posixpath.dirname(path)
        while parent and package not in inside.setdefault(parent, set()):
            inside[parent].add(package)
            parent = posixpath.dirname(parent)
    return {path: next(iter(packages)) for path, packages in inside.items() if len(packages) == 1}


def owner_of(path: str, known: Mapping[str, Package]) -> Package | None:
    """Return the package of a path; bytecode belongs to the package of its source, even where no list names it."""
    found = known.get(path)
    if found is None and path.endswith("/__pycache__"):
        found = known.get(posixpath.dirname(path))
    return found if found is not None else known.get(source_of_bytecode(path))


def source_of_bytecode(path: str) -> str:
    """Return the module that a bytecode file was compiled from; empty for any other file."""
    match = _BYTECODE.fullmatch(path)
    return f"{match['directory']}{match['module']}.py" if match else ""


def _claims(path: str, text: str, versions: Mapping[str, str]) -> Iterator[tuple[Package, Iterable[str]]]:
    name = posixpath.basename(path)
    if path.startswith(_STATUS_D):
        name = name.removesuffix(".md5sums")
        listed = (
            [line.split("  ", 1)[1] for line in text.splitlines() if "  " in line] if path != _STATUS_D + name else []
        )
        yield Package("deb", name, versions.get(name, "")), listed
    elif path.startswith(_INFO):
        name = name.removesuffix(".list").partition(":")[0]
        # Directories are listed too, and belong to nobody in particular.
        listed = [line.strip("/") for line in text.splitlines()]
        inner = {posixpath.dirname(line) for line in listed}
        yield Package("deb", name, versions.get(name, "")), [line for line in listed if line and line not in inner]
    elif path in _APK:
        yield from _apk(text)
    elif (match := _DIST_INFO.fullmatch(path)) is not None:
        listed = [posixpath.normpath(match["site"] + row[0]) for row in csv.reader(text.splitlines()) if row]
        yield Package("python", match["name"].replace("_", "-").lower(), match["version"]), listed


def _dpkg_versions(lists: Mapping[str, bytes]) -> dict[str, str]:
    versions: dict[str, str] = {}
    for path, content in lists.items():
        if path == _STATUS or (path.startswith(_STATUS_D) and not path.endswith((".md5sums", ".list"))):
            name = ""
            for line in content.decode("utf-8", "replace").splitlines():
                if line.startswith("Package: "):
                    name = line.removeprefix("Package: ").strip()
                elif line.startswith("Version: "):
                    versions[name] = line.removeprefix("Version: ").strip()
    return versions


def _apk(text: str) -> Iterator[tuple[Package, Iterable[str]]]:
    """Read apk's database: stanzas of one-letter fields; ``F`` opens a directory, ``R`` names a file in it."""
    for stanza in text.split("\n\n"):
        name = version = directory = ""
        paths = []
        for line in stanza.splitlines():
            field, _, value = line.partition(":")
            match field:
                case "P":
                    name = value
                case "V":
                    version = value
                case "F":
                    directory = value
                case "R":
                    paths.append(f"{directory}/{value}".lstrip("/"))
        if name:
            yield Package("apk", name, version), paths
