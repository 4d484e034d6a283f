"""Reads ``poetry.lock``: which version of what, for the image's Python and platform.

Source: the format (lock-version 1.1 to 2.1) as Poetry writes it. The lock does not say what the project itself asks
for: the walk starts from ``pyproject.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.utils import canonicalize_name

from nautiloid.project.facts import Notebook, Wanted
from nautiloid.project.locked_packages import pin, read_locked_packages
from nautiloid.project.toml_file import table

FILE = "poetry.lock"


def read_poetry_lock(
    root: Path, direct: Sequence[Wanted], environment: Mapping[str, str], brought: Set[str], notebook: Notebook
) -> list[Wanted] | None:
    """Return what the lock pins for the image; None where there is no lock.

    Args:
        root: The project's directory.
        direct: What ``pyproject.toml`` asks for.
        environment: What environment markers evaluate to in the image.
        brought: Canonical names of what the base image brings: what only these need is theirs to choose.
        notebook: Hears of what does not come from an index.

    Raises:
        ProjectError: The file is no TOML.
    """
    packages = read_locked_packages(root / FILE, root)
    if packages is None:
        return None
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in packages:
        if _applies(_package_marker(entry), environment, frozenset(), notebook):
            entries.setdefault(canonicalize_name(str(entry.get("name"))), []).append(entry)
    found: dict[str, Wanted] = {}
    waiting = [(one.name, frozenset(one.requirement.extras)) for one in direct if _wanted_here(one, environment)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or name not in entries:
            continue
        seen.add((name, extras))
        entry = entries[name][0]
        if table(entry, "source").get("type") in ("git", "url", "directory", "file"):
            notebook.add(FILE, f"not from an index, see python.sources: {name}")
            continue
        if (pinned := pin(name, entry, FILE, notebook)) is not None:
            found.setdefault(name, pinned)
        if name not in brought:
            waiting += _dependencies(entry, extras, environment, notebook)
    return sorted(found.values(), key=lambda wanted: wanted.name)


def _dependencies(
    entry: Mapping[str, Any], extras: frozenset[str], environment: Mapping[str, str], notebook: Notebook
) -> list[tuple[str, frozenset[str]]]:
    through_extras = {
        canonicalize_name(str(line).split(" ", 1)[0].partition("[")[0])
        for extra in extras
        for line in table(entry, "extras").get(extra) or ()
    }
    found: list[tuple[str, frozenset[str]]] = []
    for name, value in table(entry, "dependencies").items():
        for one in value if isinstance(value, list) else [value]:
            details = one if isinstance(one, dict) else {}
            optional = bool(details.get("optional")) and canonicalize_name(name) not in through_extras
            if not optional and _applies(str(details.get("markers") or ""), environment, extras, notebook):
                found.append((canonicalize_name(name), frozenset(details.get("extras") or ())))
    return found


def _package_marker(entry: Mapping[str, Any]) -> str:
    markers = entry.get("markers")  # one for all groups, or one for each
    return str(markers.get("main") or "") if isinstance(markers, dict) else str(markers or "")


def _wanted_here(one: Wanted, environment: Mapping[str, str]) -> bool:
    return one.requirement.marker is None or one.requirement.marker.evaluate({**environment, "extra": ""})


def _applies(marker: str, environment: Mapping[str, str], extras: frozenset[str], notebook: Notebook) -> bool:
    try:
        chosen = extras or frozenset({""})
        return not marker or any(Marker(marker).evaluate({**environment, "extra": extra}) for extra in chosen)
    except (InvalidMarker, UndefinedEnvironmentName):
        notebook.add(FILE, f"marker not understood, taken for true: {marker}")
        return True
