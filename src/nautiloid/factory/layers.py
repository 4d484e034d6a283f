"""Tree -> layers: deterministic tar streams, split by origin and rate of change, compressed in parallel.

The same tree gives the same bytes on any machine: paths sorted, owner root without names, one modification time for
everything, GNU tar headers (no PAX), and encoders that depend on nothing else (see ``encoders``).
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import IntegrityError
from nautiloid.factory.encoders import Compression, Encoder, encoder_for
from nautiloid.factory.layer_cache import BuiltLayer, LayerCache
from nautiloid.factory.rootfs.tree import Node, NodeKind, Tree
from nautiloid.oci.layout import Layout
from nautiloid.progress import SILENT, Progress, Task
from nautiloid.streams import watched

__all__ = ["BuiltLayer", "LayerPlan", "plan_layers", "tar_stream", "write_layers"]

# One time for every file: an unchanged wheel stays an unchanged layer when the lock's own time moves on.
# 1980-01-01, the earliest that zip-based tools can express.
_MODIFIED = 315_532_800
_TAR_FORM = "tar-gnu 1"
_BLOCK = 1 << 18

_FIRST = ("base", "python", "wheels")
_LAST = ("weights", "application")


@dataclass(frozen=True)
class LayerPlan:
    """A layer before it is written: its name and its entries, parents first."""

    name: str
    entries: tuple[Node, ...]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(entry.size for entry in self.entries)

    @property
    def key(self) -> str:
        """A hash of everything that its tar depends on, known without reading a file."""
        lines = [_TAR_FORM]
        for entry in self.entries:
            identity = entry.content.identity if entry.content else entry.target
            lines.append(f"{entry.path}\0{entry.kind.value}\0{entry.mode:o}\0{identity}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def plan_layers(tree: Tree) -> tuple[LayerPlan, ...]:
    """Split a tree into layers, the ones that change least first."""
    homes = _home_layers(tree)
    by_layer: dict[str, list[Node]] = {}
    for entry in tree:
        by_layer.setdefault(homes[entry.path], []).append(entry)
    return tuple(LayerPlan(name, tuple(by_layer[name])) for name in sorted(by_layer, key=_rank))


def write_layers(
    plans: Sequence[LayerPlan],
    layout: Layout,
    cache: Path,
    progress: Progress = SILENT,
    *,
    compression: Compression = "gzip",
) -> tuple[BuiltLayer, ...]:
    """Write the layers into an image layout, several at a time; those written before are reused.

    Args:
        plans: What to write.
        layout: Where the blobs go.
        cache: Remembers, by key, which blob a plan became, and the blob.
        progress: Told about bytes.
        compression: How to compress them.
    """
    encoder = encoder_for(compression)
    kept = LayerCache(cache, encoder.identity)
    known = [kept.recall(plan.key, plan.name, layout) for plan in plans]
    missing = [plan for plan, layer in zip(plans, known, strict=True) if layer is None]
    written: dict[str, BuiltLayer] = {}
    if missing:
        total = sum(plan.size for plan in missing)
        # The largest first, so that the last worker does not start with it.
        order = sorted(missing, key=lambda plan: plan.size, reverse=True)
        with (
            progress.task("Write layers", total=total, unit="bytes") as task,
            ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool,
        ):
            for layer in pool.map(lambda plan: _write(plan, encoder, layout, kept, task), order):
                written[layer.name] = layer
    return tuple(layer or written[plan.name] for plan, layer in zip(plans, known, strict=True))


def _rank(name: str) -> tuple[int, str]:
    if name in _FIRST:
        return (_FIRST.index(name), "")
    if name in _LAST:
        return (len(_FIRST) + 1 + _LAST.index(name), "")
    return (len(_FIRST), name)


def _home_layers(tree: Tree) -> dict[str, str]:
    """Return the layer of each path; a directory belongs to the first layer that puts something below it."""
    homes = {entry.path: entry.origin.layer for entry in tree if entry.kind is not NodeKind.DIRECTORY}
    first: dict[str, str] = {}
    for path, layer in homes.items():
        parent = path.rpartition("/")[0]
        while parent:
            if parent not in first or _rank(layer) < _rank(first[parent]):
                first[parent] = layer
            parent = parent.rpartition("/")[0]
    for entry in tree:
        if entry.kind is NodeKind.DIRECTORY:
            homes[entry.path] = first.get(entry.path, entry.origin.layer)
    return homes


def _write(plan: LayerPlan, encoder: Encoder, layout: Layout, kept: LayerCache, task: Task) -> BuiltLayer:
    hasher = hashlib.sha256()
    blob = layout.write_blob(encoder.compress(watched(tar_stream(plan.entries, task), hasher.update)))
    diff_id = f"sha256:{hasher.hexdigest()}"
    layer = BuiltLayer(plan.name, blob.digest, diff_id, blob.size, plan.size, encoder.media_type)
    kept.remember(plan.key, layer, layout)
    return layer


def tar_stream(entries: Iterable[Node], task: Task | None = None) -> Iterator[bytes]:
    """Yield a tar of the entries in blocks; the same entries give the same bytes."""
    for entry in entries:
        yield _header(entry)
        if entry.content is None:
            continue
        left = entry.size
        with entry.content.open() as stream:
            while block := stream.read(_BLOCK):
                left -= len(block)
                if task is not None:
                    task.advance(len(block))
                yield block
        if left:
            raise IntegrityError(f"/{entry.path} of {entry.origin.component} has not the size that it claims")
        yield b"\0" * (-entry.size % tarfile.BLOCKSIZE)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _header(entry: Node) -> bytes:
    info = tarfile.TarInfo(entry.path)
    info.mtime = _MODIFIED
    info.mode = entry.mode
    match entry.kind:
        case NodeKind.FILE:
            info.size = entry.size
        case NodeKind.DIRECTORY:
            info.type = tarfile.DIRTYPE
        case NodeKind.SYMLINK:
            info.type = tarfile.SYMTYPE
            info.linkname = entry.target
    return info.tobuf(format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape")
