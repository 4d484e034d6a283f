"""Reads ``pyproject.toml``: the standard project table (PEP 621) and Poetry's own.

Sources: packaging.python.org, "pyproject.toml specification"; python-poetry.org, "Dependency specification".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from nautiloid.project.dynamic_dependencies import dynamic_dependencies
from nautiloid.project.facts import Notebook, Said, Wanted, read_requirement
from nautiloid.project.metadata import Metadata
from nautiloid.project.toml_file import items, read_toml, table

FILE = "pyproject.toml"


def read_pyproject(root: Path, notebook: Notebook) -> Metadata | None:
    """Read the file; None where there is none, or where it only configures tools.

    Raises:
        ProjectError: It is no TOML.
    """
    data = read_toml(root / FILE, root)
    if data is None:
        return None
    project, poetry = table(data, "project"), table(data, "tool", "poetry")
    if not project and not poetry:
        return None
    wanted = [*_pep621(project, notebook), *dynamic_dependencies(root, data, notebook)]
    wanted = wanted or list(_poetry(poetry, notebook))
    _note_left_out(project, notebook)
    return Metadata(
        name=str(project.get("name") or poetry.get("name") or ""),
        summary=str(project.get("description") or poetry.get("description") or ""),
        python=_requires_python(project, poetry, notebook),
        wanted=tuple(wanted),
        scripts={
            name: target
            for name, target in {**table(poetry, "scripts"), **table(project, "scripts")}.items()
            if isinstance(target, str)
        },
    )


def _pep621(project: dict[str, Any], notebook: Notebook) -> Iterator[Wanted]:
    for text in items(project.get("dependencies")):
        if wanted := read_requirement(str(text), FILE, notebook):
            yield wanted


def _poetry(poetry: dict[str, Any], notebook: Notebook) -> Iterator[Wanted]:
    for name, value in table(poetry, "dependencies").items():
        if name != "python":
            for entry in value if isinstance(value, list) else [value]:
                yield from _poetry_entry(name, entry, notebook)


def _poetry_entry(name: str, entry: object, notebook: Notebook) -> Iterator[Wanted]:
    details = entry if isinstance(entry, dict) else {"version": entry}
    if "version" not in details and ("git" in details or "path" in details):
        return  # see ``origins``
    if "version" not in details:
        notebook.add(FILE, f"not from an index, see python.sources: {name} = {entry}")
        return
    if details.get("optional"):
        notebook.add(FILE, f"optional, left out: {name}")
        return
    versions = poetry_versions(str(details["version"]))
    if versions is None:
        notebook.add(FILE, f"versions not understood: {name} = {details['version']!r}")
        versions = ""
    named = details.get("extras")
    extras = f"[{','.join(map(str, named))}]" if isinstance(named, list) else ""
    markers = [f"({details['markers']})"] if details.get("markers") else []
    if python := details.get("python"):
        markers += [_python_marker(str(python))] if poetry_versions(str(python)) else []
    marker = f"; {' and '.join(markers)}" if markers else ""
    if wanted := read_requirement(f"{name}{extras}{versions}{marker}", FILE, notebook):
        yield wanted


def _python_marker(text: str) -> str:
    versions = poetry_versions(text) or ""
    parts = [re.sub(r"^(\W+)(.*)$", r'python_full_version \1 "\2"', part) for part in versions.split(",")]
    return " and ".join(parts)


def poetry_versions(text: str) -> str | None:
    """Return Poetry's version constraint as PEP 440 specifiers; empty for any, None where it is not understood.

    ``^1.2`` allows what does not change the left-most number that is not zero, ``~1.2`` what does not change the minor
    number; a bare version means that very one.
    """
    if "|" in text:
        return None
    found = []
    for part in re.split(r"[,\s]+(?=[\^~<>=!\d*])", text.strip()):
        specifier = _poetry_part(part.strip())
        if specifier is None:
            return None
        found.append(specifier)
    joined = ",".join(specifier for specifier in found if specifier)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _poetry_part(part: str) -> str | None:
    if part in ("*", ""):
        return ""
    try:
        if part.startswith("^"):
            return _between(Version(part[1:]), _caret_place(Version(part[1:])))
        if part.startswith("~") and not part.startswith("~="):
            return _between(Version(part[1:]), min(1, len(Version(part[1:]).release) - 1))
    except InvalidVersion:
        return None
    return f"=={part}" if part[0].isdigit() else part.replace(" ", "")


def _caret_place(version: Version) -> int:
    for place, number in enumerate(version.release):
        if number:
            return place
    return len(version.release) - 1


def _between(version: Version, place: int) -> str:
    release = [*version.release[:place], version.release[place] + 1]
    return f">={version},<{'.'.join(map(str, release))}"


def _requires_python(project: dict[str, Any], poetry: dict[str, Any], notebook: Notebook) -> Said[SpecifierSet] | None:
    text = str(project.get("requires-python") or "")
    if not text and (python := table(poetry, "dependencies").get("python")):
        text = poetry_versions(str(python)) or ""
    try:
        return Said(SpecifierSet(text), FILE) if text else None
    except InvalidSpecifier:
        notebook.add(FILE, f"requires-python not understood: {text}")
        return None


def _note_left_out(project: dict[str, Any], notebook: Notebook) -> None:
    optional = sorted(table(project, "optional-dependencies"))
    if optional:
        notebook.add(FILE, f"optional dependencies left out: {', '.join(optional)}")
