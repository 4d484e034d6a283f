"""Reads an image whole: its file tree, and who owns what in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nautiloid import labels
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.layer_listing import KeepWanted, LayerEntry, list_layer
from nautiloid.inspection.ownership import Owner, is_package_record, owners
from nautiloid.oci.source import ImageSource
from nautiloid.progress import Task


@dataclass(frozen=True)
class Listing:
    """What one layer says, with the package lists that are in it."""

    entries: tuple[LayerEntry, ...]
    lists: Mapping[str, bytes]


@dataclass
class Listings:
    """Layers that were read already, by diff_id: images that are compared mostly share theirs."""

    known: dict[str, Listing] = field(default_factory=dict)

    def of(self, source: ImageSource, position: int) -> Listing:
        """Return what the layer at ``position`` says, reading it at most once.

        Raises:
            ImageFormatError: The layer is damaged or cannot be read.
            IntegrityError: It is not the layer that the configuration names.
        """
        layer = source.image.manifest.layers[position]
        diff_ids = source.image.config.diff_ids
        diff_id = diff_ids[position] if position < len(diff_ids) else layer.digest
        if diff_id not in self.known:
            with source.open_layer(layer) as content:
                entries = list_layer(content, KeepWanted(is_package_record))
            lists = {entry.path: entry.facts for entry in entries if isinstance(entry.facts, bytes)}
            self.known[diff_id] = Listing(entries, lists)
        return self.known[diff_id]


@dataclass(frozen=True)
class ImageTree:
    """The files of one image.

    Attributes:
        files: Every path, sorted.
        owners: The package of each path that belongs to one.
        layer_names: What each layer is called, lowest first.
    """

    files: Mapping[str, TreeFile]
    owners: Mapping[str, Owner]
    layer_names: tuple[str, ...]


def read_tree(source: ImageSource, listings: Listings, task: Task) -> ImageTree:
    """Read every layer of an image and apply it.

    Args:
        source: The image.
        listings: Layers that were read already; receives the others.
        task: Counts layers.
    """
    tree = FileTree()
    lists: dict[str, bytes] = {}
    for position in range(len(source.image.manifest.layers)):
        listing = listings.of(source, position)
        tree.apply(listing.entries)
        lists.update(listing.lists)
        task.advance(1)
    files = tree.files()
    alive = {path: content for path, content in lists.items() if path in files}
    return ImageTree(files, owners(alive, tree.real_path), layer_names(source))


def layer_names(source: ImageSource) -> tuple[str, ...]:
    """Return what each layer is called: by its annotation, or by the history line that made it."""
    image = source.image
    commands = [entry.created_by for entry in image.config.history if not entry.empty_layer]
    names = []
    for position, layer in enumerate(image.manifest.layers):
        history = commands[position] if position < len(commands) else ""
        name = layer.annotations.get(labels.LAYER) or history.removeprefix("nautiloid: ")
        names.append(name or f"layer {position + 1}")
    return tuple(names)
