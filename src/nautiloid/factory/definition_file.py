"""Read a definition: find it, follow ``extends``, merge, validate, and say everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from nautiloid import catalog
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition, LocalFile

_PLACEHOLDER = "{site}"


class DefinitionError(UsageError):
    """A definition cannot be read or does not say what it must."""


@dataclass(frozen=True)
class LoadedDefinition:
    """A definition, with what only its file knows.

    Attributes:
        definition: The validated whole, ``extends`` followed.
        path: The file that was asked for.
        roots: For each of ``definition.files``, the directory that its ``from`` is relative to.
    """

    definition: Definition
    path: Path
    roots: tuple[Path, ...]

    def source_of(self, index: int) -> Path:
        """Return where the ``index``-th local file of the definition lies on this machine."""
        return resolve_source(self.definition.files[index], self.roots[index])


def resolve_source(local: LocalFile, root: Path) -> Path:
    """Return the path that a ``files`` entry names; ``catalog:`` and ``workloads:`` ship with Nautiloid."""
    scheme, colon, rest = local.source.partition(":")
    if colon and scheme == "catalog":
        return catalog.files_directory() / rest
    if colon and scheme == "workloads":
        return catalog.workloads_directory() / rest
    return root / local.source


def load_definition(name_or_path: str) -> LoadedDefinition:
    """Load a definition by catalog name (``pytorch``) or by file (``./image.yaml``, or its directory).

    Raises:
        DefinitionError: Nothing of that name exists, the YAML is broken, ``extends`` runs in a circle, or keys
            and values are wrong (all of them are listed).
    """
    path = _locate(name_or_path, relative_to=Path())
    data, roots = _merged(path, seen=())
    data = _fill_in(data)
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(f"{path} is not a valid definition:\n{_list_faults(error)}") from error
    return LoadedDefinition(definition, path, tuple(roots))


def _locate(name_or_path: str, *, relative_to: Path) -> Path:
    candidate = relative_to / name_or_path
    if (candidate / "nautiloid.yaml").is_file():
        return candidate / "nautiloid.yaml"
    if candidate.is_file():
        return candidate
    if (shipped := catalog.find(name_or_path)) is not None:
        return shipped
    known = ", ".join(catalog.names())
    raise DefinitionError(
        f"there is no image definition '{name_or_path}'", f"Name a YAML file, or one of the catalog: {known}"
    )


def _merged(path: Path, *, seen: tuple[Path, ...]) -> tuple[dict[str, Any], list[Path]]:
    """Return the data of ``path`` laid over what it extends, and the root of each of its ``files``."""
    resolved = path.resolve()
    if resolved in seen:
        chain = " -> ".join(p.name for p in (*seen, resolved))
        raise DefinitionError(f"'extends' runs in a circle: {chain}")
    own = _read_yaml(path)
    roots = [path.parent] * len(own.get("files") or ())
    parent_name = own.pop("extends", None)
    if parent_name is None:
        return own, roots
    parent_path = _locate(str(parent_name), relative_to=path.parent)
    parent, parent_roots = _merged(parent_path, seen=(*seen, resolved))
    return _overlay(parent, own), [*parent_roots, *roots]


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DefinitionError(f"cannot read {path}: {error}") from error
    if not isinstance(data, dict):
        raise DefinitionError(f"{path} must hold a mapping with at least a 'name'")
    return data


def _overlay(base: Any, top: Any) -> Any:
    """Merge two definitions' data: mappings by key, lists one after the other, the rest replaced."""
    if isinstance(base, dict) and isinstance(top, dict):
        merged = dict(base)
        for key, value in top.items():
            # An entry point is one command line, not a collection: half of each would be neither.
            replace = key in {"entrypoint", "command"}
            merged[key] = value if replace or key not in base else _overlay(base[key], value)
        return merged
    if isinstance(base, list) and isinstance(top, list):
        return [*base, *top]
    return top


def _fill_in(data: dict[str, Any]) -> dict[str, Any]:
    """Replace ``{site}`` by the site-packages directory everywhere a path may stand."""
    python = data.get("python")
    version = python.get("version", "3.11") if isinstance(python, dict) else "3"
    site = f"usr/local/lib/python{version}/dist-packages"

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(_PLACEHOLDER, site)
        if isinstance(value, Mapping):
            return {walk(key): walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return value

    filled = walk(data)
    assert isinstance(filled, dict)  # noqa: S101 - tells mypy what walk() does to a mapping
    return filled


def _list_faults(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        where = ".".join(str(step) for step in fault["loc"]) or "the file"
        lines.append(f"  {where}: {fault['msg']}")
    return "\n".join(lines)
