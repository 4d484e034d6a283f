"""Where a project's distributions come from: git repositories, directories beside it, and indexes that own names.

Sources: PEP 440 and PEP 508, direct references; pip's documentation, "VCS Support"; uv's, "Dependency sources" and
"Package indexes"; Poetry's, "Dependency specification" and "Repositories".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import ValidationError

from nautiloid import bounds
from nautiloid.factory.package_indexes import PackageIndex
from nautiloid.factory.package_sources import PackageSource
from nautiloid.project.facts import Notebook, Said, Wanted
from nautiloid.project.local_projects import LOCAL, distribution_in
from nautiloid.project.toml_file import items, read_toml, table

FILE = "pyproject.toml"
_GIT_URL = re.compile(r"git\+(?P<url>(?:https|ssh)://[^/#]+/[^@#]*)(?:@(?P<ref>[^@#:]+))?(?:#(?P<rest>.*))?")


def git_reference(name: str, url: str) -> PackageSource | None:
    """Return the source that ``git+https://...@ref#subdirectory=...`` names; None for any other address."""
    found = _GIT_URL.fullmatch(url)
    if found is None:
        return None
    directory = parse_qs(found["rest"] or "").get("subdirectory", [""])[0]
    return _source(name=name, git=found["url"], ref=found["ref"], subdirectory=directory)


def table_source(name: str, entry: Mapping[str, Any]) -> PackageSource | None:
    """Return the source that a table with ``git`` or ``path`` names, as uv and Poetry write it; None for any other."""
    ref = next((entry[key] for key in ("rev", "tag", "branch") if entry.get(key)), None)
    if url := entry.get("git"):
        return _source(name=name, git=url, ref=ref, subdirectory=entry.get("subdirectory"))
    path = entry.get("path")
    return _source(name=name, path=path) if path and not str(path).endswith((".whl", ".zip", ".gz")) else None


@dataclass(frozen=True)
class Origins:
    """Where distributions come from that pip's own index does not have.

    Attributes:
        indexes: Each with the names that are pinned to it.
        sources: What is built from source, by canonical name.
    """

    indexes: list[Said[PackageIndex]]
    sources: dict[str, Said[PackageSource]]

    def of(self, names: Set[str], locked: Iterable[Wanted], notebook: Notebook) -> list[Said[PackageSource]]:
        """Return the sources of what a definition asks for.

        Args:
            names: Canonical names of that.
            locked: What a lock file pins; it knows the commit, and the directories of a workspace's members.
            notebook: Hears of references that a definition cannot have.
        """
        found = {**self.sources, **_references(locked, notebook)}
        return [source for name, source in found.items() if name in names]


def read_origins(root: Path, declared: Sequence[Wanted], notebook: Notebook) -> Origins:
    """Return the indexes and sources that a project names.

    Args:
        root: The project's directory.
        declared: What the project's files ask for.
        notebook: Hears of references and indexes that a definition cannot have.
    """
    named = [*_read_indexes(root, notebook), *_extra_indexes(declared, notebook)]
    return Origins(named, _read_sources(root, declared, notebook))


def _read_sources(root: Path, declared: Iterable[Wanted], notebook: Notebook) -> dict[str, Said[PackageSource]]:
    """Return what is built from source, by canonical name: direct references, and the tables of uv and Poetry."""
    found = _references(declared, notebook)
    data = read_toml(root / FILE, root) or {}
    tables = {**table(data, "tool", "poetry", "dependencies"), **table(data, "tool", "uv", "sources")}
    for name, entry in tables.items():
        for one_of in entry if isinstance(entry, list) else [entry]:
            if not isinstance(one_of, dict):
                continue
            source = _member(name, root, data) if one_of.get("workspace") else table_source(name, one_of)
            if source is not None:
                found[canonicalize_name(name)] = Said(source, FILE)
            elif one_of.keys() & {"git", "path", "url", "workspace"}:
                notebook.add(FILE, f"{name} would now come from an index, not {one_of}: see python.sources")
    return found


def _references(wanted: Iterable[Wanted], notebook: Notebook) -> dict[str, Said[PackageSource]]:
    found = {}
    for one in wanted:
        if not one.reference:
            continue
        if one.reference.startswith(LOCAL):
            source = _source(name=one.requirement.name, path=one.reference.removeprefix(LOCAL))
        else:
            source = git_reference(one.requirement.name, one.reference)
        if source is not None:
            found[one.name] = Said(source, one.origin)
        else:
            told = f"{one.name} would now come from an index, not {one.reference}: see python.sources"
            notebook.add(one.origin, told)
    return found


def _member(name: str, root: Path, data: Mapping[str, Any]) -> PackageSource | None:
    """Return a member of uv's workspace, by the patterns that say where members lie."""
    for pattern in items(table(data, "tool", "uv", "workspace").get("members")):
        text = str(pattern)
        if not text or text.startswith("/") or ".." in text.split("/") or "**" in text:
            continue
        for directory in sorted(root.glob(text))[: bounds.WORKSPACE_MEMBERS]:
            below = directory.resolve().is_relative_to(root) and directory.is_dir()
            if below and canonicalize_name(distribution_in(directory, root)) == canonicalize_name(name):
                return _source(name=name, path=directory.relative_to(root).as_posix())
    return None


def table_requirements(root: Path) -> Iterator[Wanted]:
    """Yield what Poetry's dependencies ask for that come from git or a directory, and have no version therefore."""
    data = read_toml(root / FILE, root) or {}
    for name, entry in table(data, "tool", "poetry", "dependencies").items():
        if isinstance(entry, dict) and "version" not in entry and table_source(name, entry) is not None:
            yield Wanted(Requirement(name), FILE)


def _read_indexes(root: Path, notebook: Notebook) -> list[Said[PackageIndex]]:
    """Return the indexes of uv's and Poetry's tables, each with the names that are pinned to it."""
    data = read_toml(root / FILE, root) or {}
    uv, poetry = table(data, "tool", "uv"), table(data, "tool", "poetry")
    pins = {**_pins(table(uv, "sources"), "index"), **_pins(table(poetry, "dependencies"), "source")}
    found = []
    for entry in (*_tables(uv.get("index")), *_tables(poetry.get("source"))):
        name = re.sub(r"[^a-z0-9]+", "-", str(entry.get("name") or "index").lower()).strip("-")
        packages = tuple(sorted(package for package, index in pins.items() if index == entry.get("name")))
        default = bool(entry.get("default")) or entry.get("priority") in ("default", "primary")
        if not packages and (entry.get("explicit") or entry.get("priority") == "explicit"):
            continue  # nothing is pinned to it, so that it is never asked
        try:
            index = PackageIndex(
                name=name, url=str(entry.get("url")), packages=packages, default=default and not packages
            )
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            notebook.add(FILE, f"the index {entry.get('url')} is left out: it {why}")
            continue
        found.append(Said(index, FILE))
    return found


def _extra_indexes(declared: Iterable[Wanted], notebook: Notebook) -> Iterator[Said[PackageIndex]]:
    """Yield the extra indexes of requirements files, each with the names that only it can have."""
    names: dict[Said[str], set[str]] = {}
    for one in declared:
        if one.index is not None:
            names.setdefault(one.index, set()).add(one.name)
    for number, (said, owned) in enumerate(names.items()):
        name = f"extra-{number + 1}" if number else "extra"
        try:
            yield Said(PackageIndex(name=name, url=said.value, packages=tuple(sorted(owned))), said.origin)
        except ValidationError as error:
            why = error.errors()[0]["msg"].removeprefix("Value error, ")
            notebook.add(said.origin, f"the index {said.value} is left out: it {why}")


def _pins(entries: Mapping[str, Any], key: str) -> dict[str, str]:
    tables = {name: entry[0] if isinstance(entry, list) and entry else entry for name, entry in entries.items()}
    return {
        canonicalize_name(name): str(entry[key])
        for name, entry in tables.items()
        if isinstance(entry, dict) and entry.get(key)
    }


def _tables(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _source(**parts: Any) -> PackageSource | None:
    try:
        return PackageSource.model_validate({key: value for key, value in parts.items() if value})
    except ValidationError:
        return None
