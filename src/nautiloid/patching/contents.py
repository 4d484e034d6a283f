"""What patching needs to know of an image: its file tree, and the bytes of its package databases and configuration."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nautiloid import bounds
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.layer_listing import KeepWanted, list_layer
from nautiloid.oci.read_ahead import ReadAhead
from nautiloid.oci.source import ImageSource
from nautiloid.packages.os_release import PATHS
from nautiloid.progress import SILENT, Progress

_KEPT = re.compile(
    r"var/lib/dpkg/(?:status|diversions|statoverride|status\.d/[^/]+|info/[^/]+)|etc/.+"
    r"|(?:.*/)?[^/]+\.dist-info/(?:METADATA|RECORD|WHEEL|INSTALLER|direct_url\.json|entry_points\.txt)"
)


@dataclass(frozen=True)
class Contents:
    """An image's files.

    Attributes:
        files: Every path, sorted.
        texts: Bytes of those that are kept, by path.
        tree: Follows links.
    """

    files: Mapping[str, TreeFile]
    texts: Mapping[str, bytes]
    tree: FileTree

    def real_path(self, path: str) -> str:
        """Return a path with the links of its directories followed."""
        return self.tree.real_path(path)


def read_contents(source: ImageSource, progress: Progress = SILENT) -> Contents:
    """Read every layer of an image.

    Raises:
        ImageFormatError: A layer is damaged.
        IntegrityError: A layer is not what the configuration says.
    """
    tree = FileTree()
    onlooker = KeepWanted(
        lambda path, size: size <= bounds.PATCHED_RECORD and (path in PATHS or bool(_KEPT.fullmatch(path)))
    )
    layers = source.image.manifest.layers
    with progress.task("Read the package databases", total=len(layers)) as task:
        for layer in layers:
            with io.BufferedReader(ReadAhead(source.open_layer(layer)), 1 << 20) as content:
                tree.apply(list_layer(content, onlooker))
            task.advance(1)
    files = tree.files()
    texts = {
        path: file.entry.facts
        for path, file in files.items()
        if file.entry is not None and isinstance(file.entry.facts, bytes)
    }
    return Contents(files, texts, tree)
