"""Where a project's distributions come from: git repositories, directories beside it, and indexes that own names.

Sources: PEP 440 and PEP 508, direct references; pip's documentation, "VCS Support"; uv's, "Dependency sources" and
"Package indexes"; Poetry's, "Dependency specification" and "Repositories".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import ValidationError

from nautiloid.factory.package_indexes import PackageIndex
from nautiloid.factory.package_sources import PackageSource
from nautiloid.project.facts import Notebook, Said, Wanted
from nautiloid.project.toml_file import read_toml, table

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


def read_origins(root: Path, declared: Iterable[Wanted], notebook: Notebook) -> Origins:
    """Return the indexes and sources that a project names.

    Args:
        root: The project's directory.
        declared: What the project's files ask for.
        notebook: Hears of references and indexes that a definition cannot have.
    """
    return Origins(_read_indexes(root, notebook), _read_sources(root, declared, notebook))


def _read_sources(root: Path, declared: Iterable[Wanted], notebook: Notebook) -> dict[str, Said[PackageSource]]:
    """Return what is built from source, by canonical name: direct references, and the tables of uv and Poetry."""
    found = {}
    for one in declared:
        source = git_reference(one.requirement.name, one.reference) if one.reference else None
        if source:
            found[one.name] = Said(source, one.origin)
        elif one.reference:
            notebook.add(
                one.origin, f"{one.name} would now come from an index, not {one.reference}: see python.sources"
            )
    data = read_toml(root / FILE, root) or {}
    tables = {**table(data, "tool", "poetry", "dependencies"), **table(data, "tool", "uv", "sources")}
    for name, entry in tables.items():
        for one_of in entry if isinstance(entry, list) else [entry]:
            source = table_source(name, one_of) if isinstance(one_of, dict) else None
            if source is not None:
                found[canonicalize_name(name)] = Said(source, FILE)
    return found


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
