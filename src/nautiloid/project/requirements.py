"""Reads ``requirements.txt`` as pip does.

Source: pip's documentation, "Requirements File Format". Hashes are not carried over (``nautiloid lock`` pins every
wheel by hash itself); options that choose an index belong into pip's own configuration, which locking follows.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import Requirement

from nautiloid.factory.giving_way import exact_version
from nautiloid.project.facts import Notebook, ProjectError, Said, Wanted, read_requirement
from nautiloid.project.local_projects import local_project
from nautiloid.project.project_text import read_text

NOT_CARRIED_OVER = "not carried over"
"""How a note begins about what says where packages come from, and not which."""

_COMMENT = re.compile(r"(^|\s)#.*$")
_PER_REQUIREMENT = re.compile(r"\s--(hash|config-settings?|global-option)[= ]\s*\S+")
_NESTED = {"-r": "requirement", "--requirement": "requirement", "-c": "constraint", "--constraint": "constraint"}
_INDEX = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "--trusted-host")
_HARMLESS = ("--require-hashes", "--prefer-binary", "--only-binary", "--use-feature")
_PATH = re.compile(r"^(\.(\[|$)|\.{0,2}/|[A-Za-z][A-Za-z0-9+.-]*://|[a-z]+\+|.*\.(whl|zip|tar\.gz)$)")


@dataclass
class RequirementsFiles:
    """Everything that a requirements file and those that it names ask for.

    Attributes:
        wanted: In the order of the files.
        constraints: Versions for what comes in anyhow.
        read: The files, relative to the project.
        installs_project: The project itself is among them (``-e .``).
        within: The directory that no file may lead out of; None where a person named the first one.
        extra_indexes: Addresses of ``--extra-index-url``.
    """

    wanted: list[Wanted] = field(default_factory=list)
    constraints: list[Wanted] = field(default_factory=list)
    read: list[Path] = field(default_factory=list)
    installs_project: bool = False
    within: Path | None = None
    extra_indexes: list[Said[str]] = field(default_factory=list)


def read_requirements(path: Path, root: Path, notebook: Notebook, *, within: Path | None = None) -> RequirementsFiles:
    """Read a requirements file, and those that it includes.

    Args:
        path: The file.
        root: The project's directory, which origins are relative to.
        notebook: Hears of what is not understood or not supported.
        within: The directory that no file may lead out of; None where a person named this very file.

    Raises:
        ProjectError: The file itself cannot be read.
    """
    found = RequirementsFiles(within=within)
    _read(path, root, notebook, found, found.wanted)
    _settle_extra_indexes(found, notebook)
    return found


def _settle_extra_indexes(found: RequirementsFiles, notebook: Notebook) -> None:
    """Say of each distribution that can only be an extra index's that it is.

    A public index takes no local versions (``torch==2.1+cpu``; version specifiers specification, "Local version
    identifiers"), so that with a single extra index these are its own. Of any other name nobody can tell.
    """
    addresses = {said.value for said in found.extra_indexes}
    of_its_own = [place for place, one in enumerate(found.wanted) if _has_local_version(one)]
    if len(addresses) == 1 and of_its_own:
        for place in of_its_own:
            found.wanted[place] = replace(found.wanted[place], index=found.extra_indexes[0])
        return
    for said in found.extra_indexes:
        notebook.add(said.origin, f"{NOT_CARRIED_OVER}, see python.indexes: --extra-index-url {said.value}")


def _has_local_version(one: Wanted) -> bool:
    version = exact_version(one.requirement)
    return version is not None and version.local is not None


def constrained(wanted: list[Wanted], constraints: list[Wanted], notebook: Notebook) -> list[Wanted]:
    """Return what is wanted, narrowed by the constraints; one that concerns nothing wanted is noted."""
    result = list(wanted)
    names = {one.name for one in wanted}
    for constraint in constraints:
        if constraint.name not in names:
            notebook.add(
                constraint.origin,
                f"constraint {constraint.requirement} is not carried over: a definition can only pin what it asks for",
            )
            continue
        for place, one in enumerate(result):
            if one.name == constraint.name:
                narrowed = Requirement(str(one.requirement))
                narrowed.specifier &= constraint.requirement.specifier
                result[place] = replace(one, requirement=narrowed, origin=f"{one.origin}, {constraint.origin}")
    return result


def _read(path: Path, root: Path, notebook: Notebook, found: RequirementsFiles, into: list[Wanted]) -> None:
    shown = _shown(path, root)
    if shown in found.read:
        return
    text = read_text(found.within, path)
    if text is None:
        raise ProjectError(f"there is no {path}")
    found.read.append(shown)
    for number, line in _logical_lines(text):
        origin = f"{shown}:{number}"
        if line.startswith("-"):
            _option(line, origin, path, root, notebook, found, into)
        elif "${" in line:
            notebook.add(origin, f"not understood, it depends on the environment: {line}")
        elif _PATH.match(line):
            _path(line, origin, root, notebook, found, into)
        elif wanted := read_requirement(_PER_REQUIREMENT.sub("", line).strip(), origin, notebook):
            into.append(wanted)


def _option(
    line: str, origin: str, path: Path, root: Path, notebook: Notebook, found: RequirementsFiles, into: list[Wanted]
) -> None:
    name, value = _split_option(line)
    if name in _NESTED and value:
        nested = path.parent / value
        if found.within is not None and not nested.resolve().is_relative_to(found.within.resolve()):
            notebook.add(origin, f"names a file outside of the project, which is not read: {value}")
        elif not nested.is_file():
            notebook.add(origin, f"names a file that does not exist: {value}")
        else:
            target = found.constraints if _NESTED[name] == "constraint" else into
            _read(nested, root, notebook, found, target)
    elif name in ("-e", "--editable"):
        _path(value, origin, root, notebook, found, into)
    elif name == "--extra-index-url" and value and "${" not in value:
        found.extra_indexes.append(Said(value, origin))
    elif name in _INDEX:
        notebook.add(origin, f"{NOT_CARRIED_OVER}, see python.indexes: {line}")
    elif name not in _HARMLESS:
        notebook.add(origin, f"not supported: {line}")


def _split_option(line: str) -> tuple[str, str]:
    """Split ``--name=value``, ``--name value``, ``-r value`` and ``-rvalue``."""
    if not line.startswith("--") and len(line) > 2 and not line[2].isspace():
        return line[:2], line[2:].strip()
    name, _, value = line.replace("=", " ", 1).partition(" ") if line.startswith("--") else line.partition(" ")
    try:
        words = shlex.split(value)
    except ValueError:
        words = [value]
    return name, words[0] if words else ""


def _path(line: str, origin: str, root: Path, notebook: Notebook, found: RequirementsFiles, into: list[Wanted]) -> None:
    if re.fullmatch(r"\.(/)?(\[[^\]]*\])?", line):
        found.installs_project = True  # its modules go into the image as files
    elif wanted := local_project(line, root, origin):
        into.append(wanted)
    else:
        notebook.add(origin, f"not from an index, see python.sources: {line}")


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers: continued ones joined, comments and empty ones left out."""
    start, pending = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pending += line[:-1] + " "
            continue
        whole = _COMMENT.sub("", pending + line).strip()
        if whole:
            yield start, whole
        start, pending = 0, ""
    if whole := _COMMENT.sub("", pending).strip():
        yield start, whole


def _shown(path: Path, root: Path) -> Path:
    resolved = path.resolve()
    return resolved.relative_to(root.resolve()) if resolved.is_relative_to(root.resolve()) else resolved
