"""An image's file tree: its layers applied one over the other, as a container would see them.

Source: OCI image-spec 1.1, layer.md. A whiteout takes away what lower layers brought, never what its own layer brings;
an opaque mark does so for all that is in a directory. Entries below a symbolic link land where the link leads, as
they would on disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nautiloid import bounds
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry, clean_path
from nautiloid.oci.errors import ImageFormatError


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One path of the tree.

    Attributes:
        entry: What its layer says of it; None for a directory that no layer lists.
        layer: Position of that layer, 0 the lowest.
        linked: The first of all paths that share this file by hard links; empty where it has one name only.
    """

    entry: LayerEntry | None
    layer: int
    linked: str = ""

    @property
    def kind(self) -> EntryKind:
        """What it is."""
        return self.entry.kind if self.entry else EntryKind.DIRECTORY


@dataclass(slots=True, eq=False)
class _Node:
    """A name in a directory. Hard links are names with one and the same ``entry`` object."""

    entry: LayerEntry | None
    layer: int
    children: dict[str, _Node] | None = field(default=None)


class FileTree:
    """A tree under construction: apply layers from the lowest up, then read it."""

    def __init__(self) -> None:
        self._root = _Node(None, 0, {})
        self._layers = 0

    def apply(self, entries: Sequence[LayerEntry]) -> None:
        """Lay one more layer over what is there.

        Raises:
            ImageFormatError: An entry lies below what is no directory, or a hard link leads to nothing.
        """
        layer = self._layers
        self._layers += 1
        for entry in entries:
            if entry.kind is EntryKind.OPAQUE:
                directory = self._find(entry.path)
                if directory is not None:
                    _clear(directory, layer)
                continue
            place, _, name = entry.path.rpartition("/")
            if entry.kind is EntryKind.WHITEOUT:
                parent = self._find(place)
                if parent is not None and parent.children and name in parent.children:
                    _hide(parent.children, name, layer)
                continue
            siblings = self._directory(place, layer)
            if entry.kind is EntryKind.HARD_LINK:
                entry = self._original(entry)  # noqa: PLW2901 - the name stands for the original from here on
            old = siblings.get(name)
            if entry.kind is EntryKind.DIRECTORY:
                kept = old.children if old is not None and old.children is not None else {}
                siblings[name] = _Node(entry, layer, kept)
            else:
                siblings[name] = _Node(entry, layer)

    def files(self) -> dict[str, TreeFile]:
        """Return every path with what is there, sorted by path."""
        nodes = dict(_walk(self._root, ""))
        names: dict[int, list[str]] = {}
        for path, node in nodes.items():
            if node.entry is not None and node.children is None:
                names.setdefault(id(node.entry), []).append(path)
        found = {}
        for path in sorted(nodes):
            node = nodes[path]
            shared = names.get(id(node.entry), ())
            found[path] = TreeFile(node.entry, node.layer, min(shared) if len(shared) > 1 else "")
        return found

    def real_path(self, path: str) -> str:
        """Return a path with the links of its directories followed (``lib/x`` -> ``usr/lib/x``)."""
        place, _, name = path.rpartition("/")
        return "/".join([*self._follow(place), name])

    def resolve(self, path: str) -> str:
        """Return a path with all links followed, its last step too; it need not exist.

        Raises:
            ImageFormatError: Links lead in a circle.
        """
        return "/".join(self._follow(path))

    def _original(self, link: LayerEntry) -> LayerEntry:
        place, _, name = clean_path(link.target).rpartition("/")
        parent = self._find(place)
        node = parent.children.get(name) if parent is not None and parent.children else None
        if node is None or node.entry is None or node.children is not None:
            raise ImageFormatError(f"A layer links {link.path!r} to {link.target!r}, which is no file.")
        return node.entry

    def _directory(self, path: str, layer: int) -> dict[str, _Node]:
        """Return the content of a directory; one that no layer lists is made."""
        node = self._root
        for step in self._follow(path):
            assert node.children is not None  # noqa: S101 - the root has some, and so has each step before
            child = node.children.setdefault(step, _Node(None, layer, {}))
            if child.children is None:
                raise ImageFormatError(f"A layer puts a file below {path!r}, which is no directory.")
            node = child
        assert node.children is not None  # noqa: S101
        return node.children

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._root
        for step in self._follow(path):
            node = node.children.get(step) if node is not None and node.children is not None else None
        return node

    def _follow(self, path: str) -> list[str]:
        """Return the steps to a directory with every link followed; steps that do not exist stay as they are."""
        waiting = [step for step in reversed(path.split("/")) if step]
        steps: list[str] = []
        nodes: list[_Node | None] = [self._root]
        links = 0
        while waiting:
            step = waiting.pop()
            if step in ("", "."):
                continue
            if step == "..":
                del steps[-1:]
                del nodes[len(steps) + 1 :]
                continue
            here = nodes[-1]
            child = here.children.get(step) if here is not None and here.children is not None else None
            if child is not None and child.entry is not None and child.entry.kind is EntryKind.SYMLINK:
                links += 1
                if links > bounds.LINKS_FOLLOWED:
                    raise ImageFormatError(f"Symbolic links in the image lead in a circle at {path!r}.")
                if child.entry.target.startswith("/"):
                    steps, nodes = [], [self._root]
                waiting.extend(reversed(child.entry.target.split("/")))
                continue
            steps.append(step)
            nodes.append(child)
        return steps


def _hide(siblings: dict[str, _Node], name: str, layer: int) -> None:
    """Apply a whiteout: what lower layers brought goes, what this layer has put there already stays."""
    node = siblings[name]
    if node.children is not None:
        _clear(node, layer)
    if node.layer < layer and not node.children:
        del siblings[name]


def _clear(directory: _Node, layer: int) -> None:
    for name in list(directory.children or ()):
        assert directory.children is not None  # noqa: S101 - it has the names that are walked
        _hide(directory.children, name, layer)


def _walk(directory: _Node, prefix: str) -> Iterator[tuple[str, _Node]]:
    for name, node in (directory.children or {}).items():
        yield f"{prefix}{name}", node
        if node.children is not None:
            yield from _walk(node, f"{prefix}{name}/")
