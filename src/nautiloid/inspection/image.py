"""Inspect an image: every layer read once as a stream, then components, surface and findings made of what was seen."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import replace

from nautiloid.inspection.examine import Examiner
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.findings import find_config_faults, in_order
from nautiloid.inspection.image_tree import layer_names
from nautiloid.inspection.inventory import Inspection, LayerFacts, Skipped
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry, Onlooker, list_layer
from nautiloid.inspection.linked_records import Reread, follow_links
from nautiloid.inspection.whole_tree import inspect_tree
from nautiloid.oci.read_ahead import ReadAhead
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress


def inspect_image(source: ImageSource, name: str, progress: Progress = SILENT) -> Inspection:
    """Read an image and say all that is known of it.

    Args:
        source: The image.
        name: What the user called it.
        progress: Counts layers.

    Raises:
        ImageFormatError: A layer is damaged, or points outside of the image.
        IntegrityError: A layer is not what the configuration says.
    """
    started = time.monotonic()
    tree = FileTree()
    image = source.image
    brought: list[tuple[int, int]] = []
    traces: list[tuple[int, LayerEntry]] = []
    examiner = Examiner()
    with progress.task(f"Read {name}", total=len(image.manifest.layers)) as task:
        for layer in image.manifest.layers:
            with io.BufferedReader(ReadAhead(source.open_layer(layer)), 1 << 20) as content:
                entries = list_layer(content, examiner)
            tree.apply(entries)
            traces += [(len(brought), entry) for entry in entries if entry.traces]
            sizes = [entry.size for entry in entries if entry.kind is EntryKind.FILE]
            brought.append((len(sizes), sum(sizes)))
            task.advance(1)
    files = tree.files()

    def reread(position: int, onlooker: Onlooker) -> tuple[LayerEntry, ...]:
        with source.open_layer(image.manifest.layers[position]) as content:
            return list_layer(content, onlooker)

    files = _with_linked(files, tree, reread, traces)
    names = layer_names(source)
    found = inspect_tree(files, tree, name, names, traces)
    kept = _kept(files, len(brought))
    layers = tuple(
        LayerFacts(
            number, layer.digest, image.config.diff_ids[number], names[number], layer.size, size, kept[number], count
        )
        for number, (layer, (count, size)) in enumerate(zip(image.manifest.layers, brought, strict=True))
    )
    config = image.config
    return replace(
        found,
        digest=image.digest,
        platform=str(config.platform),
        created=config.created,
        config={
            "User": config.user,
            "Entrypoint": " ".join(config.entrypoint),
            "Cmd": " ".join(config.cmd),
            "WorkingDir": config.working_dir,
            "Env": ", ".join(variable.partition("=")[0] for variable in config.env),
            "Volumes": ", ".join(config.volumes),
        },
        labels=dict(config.labels),
        layers=layers,
        compressed=sum(layer.size for layer in image.manifest.layers),
        findings=in_order([*found.findings, *find_config_faults(image)]),
        seconds=time.monotonic() - started,
    )


def inspect_entries(
    entries: tuple[LayerEntry, ...],
    name: str,
    skipped: tuple[Skipped, ...] = (),
    reread: Reread = lambda _position, _onlooker: (),
) -> Inspection:
    """Say all that is known of a root filesystem whose entries were read from a disk.

    Args:
        entries: The entries.
        name: What the user called it.
        skipped: What could not be read.
        reread: Reads them again, for whoever looks at what a link leads to.
    """
    started = time.monotonic()
    tree = FileTree()
    tree.apply(entries)
    traces = [(0, entry) for entry in entries if entry.traces]
    files = _with_linked(tree.files(), tree, reread, traces)
    found = inspect_tree(files, tree, name, ("directory",), traces)
    sizes = [entry.size for entry in entries if entry.kind is EntryKind.FILE]
    layer = LayerFacts(0, "", "", "directory", 0, sum(sizes), _kept(files, 1)[0], len(sizes))
    return replace(
        found, layers=(layer,), skipped=(*skipped, *found.skipped), seconds=time.monotonic() - started
    )  # fmt: skip


def _with_linked(
    files: dict[str, TreeFile], tree: FileTree, reread: Reread, traces: list[tuple[int, LayerEntry]]
) -> dict[str, TreeFile]:
    """Return the files with what links make of them; ``traces`` receives the hooks among those."""
    linked = follow_links(files, tree, reread)
    traces += [(file.layer, file.entry) for file in linked.values() if file.entry is not None and file.entry.traces]
    return dict(sorted({**files, **linked}.items())) if linked else files


def _kept(files: Mapping[str, TreeFile], layers: int) -> list[int]:
    """Return how many bytes of each layer the finished image still shows."""
    kept = [0] * layers
    for path, file in files.items():
        if file.entry is not None and file.kind is EntryKind.FILE and file.linked in ("", path):
            kept[file.layer] += file.entry.size
    return kept
