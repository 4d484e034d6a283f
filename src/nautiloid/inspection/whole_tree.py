"""From the finished file system to components, surface, weaknesses and where the bytes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nautiloid.inspection.components import assemble_components
from nautiloid.inspection.facts import Record, Secret
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.findings import find_faults
from nautiloid.inspection.inventory import Inspection
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry
from nautiloid.inspection.surface import find_surface
from nautiloid.inspection.traces import traced_files
from nautiloid.inspection.unread import find_unread
from nautiloid.inspection.usage import usage_of
from nautiloid.packages.os_release import read_distribution
from nautiloid.version import TOOL


def inspect_tree(
    files: Mapping[str, TreeFile],
    tree: FileTree,
    name: str,
    layers: tuple[str, ...],
    traces: Sequence[tuple[int, LayerEntry]],
) -> Inspection:
    """Say all that files tell by themselves; what only an image tells (digest, configuration, layers) is empty.

    Args:
        files: All paths of the finished file system.
        tree: The same, to follow links.
        name: What the user called it.
        layers: What each layer is called.
        traces: The entries of all layers in which secrets or start-up hooks were seen, with their layers.
    """
    records = {
        path: file.entry.facts.content
        for path, file in files.items()
        if file.entry is not None and isinstance(file.entry.facts, Record)
    }
    distribution = read_distribution(records)
    assembled = assemble_components(files, records, distribution, tree.real_path)
    traced = traced_files(traces, files, tree)
    secrets = sorted({file.path for file in traced if any(isinstance(trace, Secret) for trace in file.traces)})
    surface = replace(find_surface(files, assembled.owner_name), secrets=tuple(secrets))
    regular = [(path, file) for path, file in files.items() if file.kind is EntryKind.FILE]
    return Inspection(
        name=name,
        digest="",
        platform="",
        created="",
        distribution=distribution.name,
        distribution_id=distribution.identity,
        distribution_version=distribution.version,
        config={},
        layers=(),
        components=assembled.components,
        files=len(regular),
        size=sum(file.entry.size for path, file in regular if file.entry and file.linked in ("", path)),
        compressed=0,
        surface=surface,
        findings=find_faults(files, surface, assembled.owner_name, traced),
        skipped=find_unread(files, records, distribution, assembled.components, traces),
        usage=usage_of(files, assembled.owner_name, layers, name),
        tool=TOOL,
    )
