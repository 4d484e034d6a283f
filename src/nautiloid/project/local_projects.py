"""Projects in directories of a project: what the distribution is called that such a directory is built to."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from nautiloid.project.facts import Wanted
from nautiloid.project.toml_file import read_toml, table

LOCAL = "file:"
"""How the reference of a distribution begins that comes from a directory of the project."""

_PATH = re.compile(r"(?:file:)?(?P<path>(?:\./)?[A-Za-z0-9_][^\[\]:@]*|\./[^\[\]:@]+)(?:\[(?P<extras>[^\]]*)\])?")


def local_project(text: str, root: Path, origin: str) -> Wanted | None:
    """Return what ``./libs/foo[extra]`` asks for; None where it is no directory below, or does not say its name.

    Args:
        text: The path, relative to the project.
        root: The project's directory.
        origin: Where it is asked for.

    Raises:
        ProjectError: Its ``pyproject.toml`` cannot be read.
    """
    found = _PATH.fullmatch(text.strip())
    if found is None:
        return None
    directory = (root / found["path"]).resolve()
    if directory == root.resolve() or not directory.is_relative_to(root.resolve()):
        return None
    name = distribution_in(directory, root)
    extras = f"[{found['extras']}]" if found["extras"] else ""
    try:
        wanted = Requirement(f"{name}{extras}")
    except InvalidRequirement:
        return None
    return Wanted(wanted, origin, reference=f"{LOCAL}{directory.relative_to(root.resolve()).as_posix()}")


def distribution_in(directory: Path, root: Path) -> str:
    """Return the name in a directory's ``pyproject.toml``; empty where there is none.

    Raises:
        ProjectError: The file cannot be read.
    """
    data = read_toml(directory / "pyproject.toml", root) or {}
    return str(table(data, "project").get("name") or table(data, "tool", "poetry").get("name") or "")
