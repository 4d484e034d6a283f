"""Reads locks that list packages flatly: PEP 751's ``pylock.toml``, and ``pdm.lock``.

Sources: packaging.python.org, "pylock.toml Specification"; pdm.lock (lock_version 4) as PDM writes it. Where the
entries name their dependencies the graph is walked from what the project asks for, so that what only the base image's
own distributions need stays the base image's to choose; where they do not, everything that fits is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid.project.facts import Notebook, Wanted
from nautiloid.project.locked_packages import pin, read_locked_packages
from nautiloid.project.toml_file import read_toml

PYLOCK = "pylock.toml"
PDM = "pdm.lock"
_OTHER_SOURCES = {"vcs", "directory", "archive", "git", "path", "url"}


def read_flat_lock(
    root: Path, direct: Sequence[Wanted], environment: Mapping[str, str], brought: Set[str], notebook: Notebook
) -> list[Wanted] | None:
    """Return what the first such lock pins for the image; None where there is none.

    Args:
        root: The project's directory.
        direct: What the project asks for.
        environment: What environment markers evaluate to in the image.
        brought: Canonical names of what the base image brings.
        notebook: Hears of what does not come from an index, and of other locks.

    Raises:
        ProjectError: The lock cannot be read.
    """
    named = sorted(path.name for path in root.glob("pylock.*.toml"))
    for file in (PYLOCK, PDM, *named[:1]):
        entries = read_locked_packages(root / file, root)
        if entries is not None:
            if others := [name for name in named if name != file]:
                notebook.add(file, f"is what the image follows, not {', '.join(others)}")
            groups = (read_toml(root / file, root) or {}).get("default-groups")
            chosen = {
                **environment,
                "extras": frozenset[str](),
                "dependency_groups": frozenset(map(str, groups if isinstance(groups, list) else ())),
            }
            return _Lock(file, entries, chosen, notebook).pins(direct, brought)
    return None


class _Lock:
    def __init__(
        self, file: str, entries: list[dict[str, Any]], environment: Mapping[str, Any], notebook: Notebook
    ) -> None:
        self._file = file
        self._environment = environment
        self._notebook = notebook
        self._entries: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            groups = entry.get("groups")
            if (not isinstance(groups, list) or "default" in groups) and self._applies(entry.get("marker")):
                self._entries.setdefault(canonicalize_name(str(entry.get("name"))), []).append(entry)

    def pins(self, direct: Sequence[Wanted], brought: Set[str]) -> list[Wanted]:
        found = []
        for name in sorted(self._reached(direct, brought)):
            entry = next((one for one in self._entries[name] if "version" in one), None)
            source = next((one for one in self._entries[name] if _OTHER_SOURCES & one.keys()), None)
            if source is not None or entry is None:
                self._notebook.add(self._file, f"not supported, images are built from an index's wheels: {name}")
            elif (pinned := pin(name, entry, self._file, self._notebook)) is not None:
                found.append(pinned)
        return found

    def _reached(self, direct: Sequence[Wanted], brought: Set[str]) -> Set[str]:
        walkable = any("dependencies" in entry for entries in self._entries.values() for entry in entries)
        asked = [one.name for one in direct if one.name in self._entries]
        if not (walkable and asked):
            return self._entries.keys()
        reached: set[str] = set()
        while asked:
            name = asked.pop()
            if name in reached or name not in self._entries:
                continue
            reached.add(name)
            if name not in brought:
                asked += [other for entry in self._entries[name] for other in self._dependencies(entry)]
        return reached

    def _dependencies(self, entry: Mapping[str, Any]) -> Iterator[str]:
        listed = entry.get("dependencies")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict):  # PEP 751
                yield canonicalize_name(str(one.get("name")))
                continue
            try:  # pdm
                requirement = Requirement(str(one))
            except InvalidRequirement:
                self._notebook.add(self._file, f"not understood: {one}")
                continue
            if self._applies(str(requirement.marker or "")):
                yield canonicalize_name(requirement.name)

    def _applies(self, marker: object) -> bool:
        if not isinstance(marker, str) or not marker:
            return True
        try:
            return Marker(marker).evaluate(self._environment, context="lock_file")
        except (ValueError, KeyError, RecursionError):  # packaging's own errors are of the first two kinds
            self._notebook.add(self._file, f"marker not understood, taken for true: {marker}")
            return True
