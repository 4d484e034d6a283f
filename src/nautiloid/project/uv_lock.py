"""Reads ``uv.lock``: which version of what, for the image's Python and platform.

Source: docs.astral.sh/uv, "Project layout" and "Resolution"; the format itself (version 1) as uv writes it. The graph
is walked from the project's own entry, so that development groups and other platforms' wheels stay out.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.utils import canonicalize_name

from nautiloid.project.facts import Notebook, Wanted, read_requirement
from nautiloid.project.local_projects import LOCAL
from nautiloid.project.locked_packages import pin, read_locked_packages
from nautiloid.project.toml_file import items, table

FILE = "uv.lock"


def read_uv_lock(
    root: Path, environment: Mapping[str, str], brought: Set[str], notebook: Notebook
) -> list[Wanted] | None:
    """Return what the lock pins for the image; None where there is no lock.

    Args:
        root: The project's directory.
        environment: What environment markers evaluate to in the image.
        brought: Canonical names of what the base image brings: what only these need is theirs to choose.
        notebook: Hears of what does not come from an index.

    Raises:
        ProjectError: The file is no TOML.
    """
    packages = read_locked_packages(root / FILE, root)
    if packages is None:
        return None
    roots = [entry for entry in packages if _is_project(entry)]
    if not roots:
        notebook.add(FILE, "names no project of its own, so that it is not used")
        return None
    walk = _Walk(packages, environment, brought, notebook)
    for entry in roots[:1]:
        walk.dependencies(entry, frozenset())
    return sorted(walk.found.values(), key=lambda wanted: wanted.name)


def _is_project(entry: Mapping[str, Any]) -> bool:
    source = table(entry, "source")
    return "." in (source.get("virtual"), source.get("editable"))


def _reference(source: Mapping[str, Any]) -> str:
    """Return where a package comes from that is a directory of the project, or a commit; empty for any other."""
    directory = next((str(source[key]) for key in ("editable", "directory") if source.get(key)), "")
    if directory:
        return f"{LOCAL}{directory}"
    where = urlsplit(str(source.get("git") or ""))
    if not where.fragment:
        return ""
    below = parse_qs(where.query).get("subdirectory", [""])[0]
    address = f"git+{where.scheme}://{where.netloc}{where.path}@{where.fragment}"
    return f"{address}#subdirectory={below}" if below else address


class _Walk:
    def __init__(
        self, packages: list[dict[str, Any]], environment: Mapping[str, str], brought: Set[str], notebook: Notebook
    ) -> None:
        self.found: dict[str, Wanted] = {}
        self._packages = packages
        self._environment = environment
        self._brought = brought
        self._notebook = notebook
        self._seen: set[tuple[str, str, frozenset[str]]] = set()

    def dependencies(self, entry: Mapping[str, Any], extras: frozenset[str]) -> None:
        wanted = list(items(entry.get("dependencies")))
        for extra in sorted(extras):
            wanted += items(table(entry, "optional-dependencies").get(extra))
        for dependency in wanted:
            if isinstance(dependency, dict) and self._applies(str(dependency.get("marker") or "")):
                self._take(dependency)

    def _take(self, dependency: Mapping[str, Any]) -> None:
        entry = self._entry(dependency)
        name = canonicalize_name(str(dependency.get("name")))
        extras = frozenset(str(extra) for extra in items(dependency.get("extra")))
        key = (name, str(dependency.get("version")), extras)
        if entry is None or key in self._seen:
            return
        self._seen.add(key)
        source = table(entry, "source")
        if reference := _reference(source):
            listed = f"[{','.join(sorted(extras))}]" if extras else ""
            if wanted := read_requirement(f"{name}{listed}", FILE, self._notebook):
                self.found.setdefault(name, replace(wanted, reference=reference, locked=True))
        elif "registry" not in source:
            self._notebook.add(FILE, f"not from an index, see python.sources: {name} from {entry.get('source')}")
            return
        elif (pinned := pin(name, entry, FILE, self._notebook)) is not None:
            self.found.setdefault(name, pinned)
        if name not in self._brought:
            self.dependencies(entry, extras)

    def _entry(self, dependency: Mapping[str, Any]) -> Mapping[str, Any] | None:
        named = [entry for entry in self._packages if entry.get("name") == dependency.get("name")]
        version = dependency.get("version")
        exact = [entry for entry in named if version is None or entry.get("version") == version]
        # Where the lock forks by platform without saying so at the edge, the entry's own markers decide.
        fitting = [entry for entry in exact if self._fits(entry)]
        return next(iter(fitting or exact), None)

    def _fits(self, entry: Mapping[str, Any]) -> bool:
        markers = items(entry.get("resolution-markers"))
        return not markers or any(self._applies(str(marker)) for marker in markers)

    def _applies(self, marker: str) -> bool:
        try:
            return not marker or Marker(marker).evaluate({**self._environment, "extra": ""})
        except (InvalidMarker, UndefinedEnvironmentName):
            self._notebook.add(FILE, f"marker not understood, taken for true: {marker}")
            return True
