"""Where the bytes of an image are: by layer, by owner, by file; small ones are put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.inventory import Usage
from nautiloid.inspection.layer_listing import EntryKind

_MOST_OWNERS = 40
_MOST_FILES = 12


def usage_of(files: Mapping[str, TreeFile], owner: Callable[[str], str], layers: tuple[str, ...], name: str) -> Usage:
    """Return the tree of sizes.

    Args:
        files: The image's files.
        owner: The package of a path; empty for none.
        layers: Names of the layers.
        name: Of the image.
    """
    sizes: dict[int, dict[str, dict[str, int]]] = {}
    for path, file in files.items():
        if file.entry is not None and file.kind is EntryKind.FILE and file.linked in ("", path) and file.entry.size:
            owned = sizes.setdefault(file.layer, {}).setdefault(owner(path) or "(no package)", {})
            owned[path] = file.entry.size
    parts = [_layer(layers[number], owners) for number, owners in sorted(sizes.items())]
    return _total(name, parts)


def _layer(name: str, owners: Mapping[str, Mapping[str, int]]) -> Usage:
    parts = [
        _total(owner, _largest([Usage(f"/{path}", size) for path, size in paths.items()], _MOST_FILES, "files"))
        for owner, paths in owners.items()
    ]
    return _total(name, _largest(parts, _MOST_OWNERS, "packages"))


def _largest(parts: list[Usage], most: int, what: str) -> list[Usage]:
    ordered = sorted(parts, key=lambda part: (-part.size, part.name))
    rest = ordered[most:]
    return [*ordered[:most], *([Usage(f"{len(rest)} more {what}", sum(part.size for part in rest))] if rest else [])]


def _total(name: str, parts: Iterable[Usage]) -> Usage:
    children = tuple(parts)
    return Usage(name, sum(part.size for part in children), children)
