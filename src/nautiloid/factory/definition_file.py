"""Read a definition: find it, follow ``extends``, merge, validate, and say everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nautiloid import bounds, catalog
from nautiloid.documents.bounded_yaml import loads_yaml
from nautiloid.documents.faults import faults_of
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition, LocalFile
from nautiloid.factory.giving_way import Asked, GivenWay, settle
from nautiloid.factory.overlay import overlay
from nautiloid.factory.wheels.target import Target
from nautiloid.regular_file import read_regular

SHIPPED = ("catalog:", "workloads:")
"""What the ``from`` of a file begins with that ships with Nautiloid."""


class DefinitionError(UsageError):
    """A definition cannot be read or does not say what it must."""


class OutsideError(UsageError):
    """A definition wants a file of this machine that is none of its own."""


@dataclass(frozen=True)
class LoadedDefinition:
    """A definition, with what only its file knows.

    Attributes:
        definition: The validated whole, ``extends`` followed.
        path: The file that was asked for.
        roots: For each of ``definition.files``, the directory that its ``from`` is relative to.
        outside: What else the user lets ``files`` name, beside what lies below those directories.
        asked: What each file of the chain of ``extends`` asks of the Python index, the lowest first.
        given_way: Pins of base images that its requirements have replaced.
        adds_to_catalog: Whether there is more to it than files that ship with Nautiloid.
    """

    definition: Definition
    path: Path
    roots: tuple[Path, ...]
    outside: tuple[Path, ...] = ()
    asked: tuple[Asked, ...] = ()
    given_way: tuple[GivenWay, ...] = ()
    adds_to_catalog: bool = False

    @property
    def own_requirements(self) -> tuple[str, ...]:
        """What it asks of the Python index beside what images of the catalog ask for."""
        texts = (text for asked in self.asked if not asked.in_catalog for text in asked.texts)
        python = self.definition.python
        left = python.requirements if python is not None else ()
        return tuple(dict.fromkeys(text for text in texts if text in left))

    def source_of(self, index: int) -> Path:
        """Return where the ``index``-th local file of the definition lies on this machine.

        Raises:
            OutsideError: It lies outside of the definition's directory.
        """
        root, source = resolve_source(self.definition.files[index], self.roots[index])
        self.refuse_outside(index, source, root)
        return source

    def refuse_outside(self, index: int, path: Path, root: Path | None = None) -> None:
        """Refuse a path that lies, links followed, neither below the root of a file nor where the user allows it.

        Args:
            index: Of the entry of ``files`` that led to the path.
            path: On this machine.
            root: The directory below which it must lie; by default the entry's.

        Raises:
            OutsideError: It lies elsewhere.
        """
        root = root or resolve_source(self.definition.files[index], self.roots[index])[0]
        real = path.resolve()
        if not any(real.is_relative_to(place.resolve()) for place in (root, *self.outside)):
            raise OutsideError(
                f"the definition's file '{self.definition.files[index].source}' leads to {real}, outside of {root}",
                f"If you trust the definition and want that in the image: --allow-outside {real}",
            )


def resolve_source(local: LocalFile, root: Path) -> tuple[Path, Path]:
    """Return where a ``files`` entry must lie, and the path that it names.

    ``catalog:`` and ``workloads:`` name what ships with Nautiloid.
    """
    scheme, colon, rest = local.source.partition(":")
    if colon and scheme == "catalog":
        return catalog.files_directory(), catalog.files_directory() / rest
    if colon and scheme == "workloads":
        return catalog.workloads_directory(), catalog.workloads_directory() / rest
    return root, root / local.source


def load_definition(
    name_or_path: str, architecture: str | None = None, outside: Sequence[Path] = (), *, text: str | None = None
) -> LoadedDefinition:
    """Load a definition by catalog name (``pytorch``) or by file (``./image.yaml``, or its directory).

    Args:
        name_or_path: The name or the file.
        architecture: Debian's name of a processor, in place of the one that the definition names.
        outside: What the user lets ``files`` name beside what lies below the definition's directory.
        text: What the file shall hold, in place of what it does.

    Raises:
        DefinitionError: Nothing of that name exists, the YAML is broken, ``extends`` runs in a circle, or keys
            and values are wrong (all of them are listed).
    """
    source = _locate(name_or_path, relative_to=Path())
    merged = _merged(source, seen=(), text=text)
    data, path = _fill_in(merged.data), source.definition
    if architecture is not None:
        data["architecture"] = architecture
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(f"{path} is not a valid definition:\n{_list_faults(error)}") from error
    return LoadedDefinition(
        definition, path, merged.roots, tuple(outside), merged.asked, merged.given_way, adds_to_catalog=merged.adds
    )


def _locate(name_or_path: str, *, relative_to: Path) -> catalog.CatalogEntry:
    candidate = relative_to / name_or_path
    if (candidate / "nautiloid.yaml").is_file():
        return catalog.CatalogEntry(candidate / "nautiloid.yaml")
    if candidate.is_file():
        return catalog.CatalogEntry(candidate)
    if (shipped := catalog.find(name_or_path)) is not None:
        return shipped
    known = ", ".join(catalog.names())
    raise DefinitionError(
        f"there is no image definition '{name_or_path}'",
        f"Name a YAML file, or one of the catalog: {known}; each also with -trixie or -rolling, and with -dev.",
    )


@dataclass(frozen=True)
class _Merged:
    """Data laid over what it extends, and what only the files know.

    Attributes:
        roots: For each of ``files``, the directory that its ``from`` is relative to.
        asked: What each file asks of the Python index, the lowest first.
        adds: Whether a file that does not ship with Nautiloid is among them.
    """

    data: dict[str, Any]
    roots: tuple[Path, ...] = ()
    asked: tuple[Asked, ...] = ()
    given_way: tuple[GivenWay, ...] = ()
    adds: bool = False

    def under(self, path: Path, own: dict[str, Any]) -> _Merged:
        """Return this with the data of a file laid over it."""
        base, wishes = self.data, _requirements(own)
        settled = settle(self.asked, wishes, _environment(overlay(base, own)))
        if settled.given_way:
            left = [text for asked in settled.bases for text in asked.texts]
            base = {**base, "python": {**base["python"], "requirements": left}}
        in_catalog = path.resolve().is_relative_to(catalog.files_directory().parent.resolve())
        takes_all = isinstance(own.get("python"), dict) and own["python"].get("requirements", ()) is None
        roots = () if "files" in own and own["files"] is None else self.roots
        asked = Asked(str(own.get("name", base.get("name", ""))), wishes, in_catalog)
        return _Merged(
            overlay(base, own),
            (*roots, *[path.parent] * len(own.get("files") or ())),
            (*(() if takes_all else settled.bases), asked),
            (*self.given_way, *settled.given_way),
            self.adds or not in_catalog,
        )


def _merged(source: catalog.CatalogEntry, *, seen: tuple[Path, ...], text: str | None = None) -> _Merged:
    """Return a definition's data laid over what it extends, and its variants over both."""
    merged = _extended(source.definition, seen=seen, text=text)
    for variant in source.variants:
        for path in catalog.variant_files(variant, python="python" in merged.data):
            merged = merged.under(path, _read_yaml(path))
        merged.data["name"] = f"{merged.data['name']}-{variant}"
    return merged


def _extended(path: Path, *, seen: tuple[Path, ...], text: str | None = None) -> _Merged:
    resolved = path.resolve()
    if resolved in seen:
        chain = " -> ".join(p.name for p in (*seen, resolved))
        raise DefinitionError(f"'extends' runs in a circle: {chain}")
    own = _read_yaml(path, text)
    parent_name = own.pop("extends", None)
    if parent_name is None:
        return _Merged({}).under(path, own)
    parent = _merged(_locate(str(parent_name), relative_to=path.parent), seen=(*seen, resolved))
    return parent.under(path, own)


def _requirements(data: dict[str, Any]) -> tuple[str, ...]:
    """Return the requirements of a definition's data, which nobody has validated yet."""
    python = data.get("python")
    listed = python.get("requirements") if isinstance(python, dict) else None
    return tuple(listed) if isinstance(listed, list) and all(isinstance(text, str) for text in listed) else ()


def _environment(data: dict[str, Any]) -> Mapping[str, str]:
    """Return what environment markers evaluate to in the image of data that nobody has validated yet."""
    python, debian = data.get("python"), data.get("debian")
    version = str(python.get("version", "3.11")) if isinstance(python, dict) else "3.11"
    suite = str(debian.get("suite", "bookworm")) if isinstance(debian, dict) else "bookworm"
    architecture = "arm64" if data.get("architecture") == "arm64" else "amd64"
    return Target(version, architecture, suite).marker_environment()


def _read_yaml(path: Path, text: str | None = None) -> dict[str, Any]:
    try:
        data = loads_yaml(read_regular(path, bounds.WRITTEN_BY_HAND).decode() if text is None else text)
    except (OSError, ValueError) as error:
        raise DefinitionError(f"cannot read {path}: {error}") from error
    if not isinstance(data, dict):
        raise DefinitionError(f"{path} must hold a mapping with at least a 'name'")
    return data


def _fill_in(data: dict[str, Any]) -> dict[str, Any]:
    """Replace ``{python}`` by its version and ``{site}`` by the site-packages directory, wherever they stand."""
    python = data.get("python")
    version = str(python.get("version", "3.11")) if isinstance(python, dict) else "3"
    site = f"usr/local/lib/python{version}/dist-packages"

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{site}", site).replace("{python}", version)
        if isinstance(value, Mapping):
            return {walk(key): walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return value

    filled = walk(data)
    assert isinstance(filled, dict)  # noqa: S101 - tells mypy what walk() does to a mapping
    return filled


def _list_faults(error: ValidationError) -> str:
    return "\n".join(f"  {fault}" for fault in faults_of(error))
