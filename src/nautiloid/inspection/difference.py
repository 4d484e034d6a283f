"""Everything that differs between two images: files, configuration, layers, annotations.

Layers are streams here: contents are hashed as they go by, nothing is unpacked to disk, and a layer that both images
have is read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, field
from typing import Any

from nautiloid.errors import UsageError
from nautiloid.inspection.file_changes import ChangeKind, FileChange, file_changes
from nautiloid.inspection.image_tree import Listings, read_tree
from nautiloid.inspection.layer_changes import LayerChanges, layer_changes
from nautiloid.inspection.ownership import Owner
from nautiloid.inspection.setting_changes import Setting, annotation_changes, setting_changes
from nautiloid.inspection.text_changes import TextChange, text_changes
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress

IGNORABLE = {
    "mtime": "modification times of files",
    "mode": "permission bits of files",
    "owner": "user and group numbers of files",
    "hardlink": "whether files share their content by hard links",
    "xattrs": "extended attributes of files",
    "created": "when image and layers were made, also in labels and annotations",
    "env": "environment variables",
    "labels": "labels",
    "history": "how the layers came to be",
    "config": "the whole configuration",
    "annotations": "annotations of the manifest",
    "layers": "how files are split over layers, and how these are written",
}
"""What may be ignored, and what it means."""


@dataclass(frozen=True)
class Difference:
    """What differs between the images A and B.

    Attributes:
        before: Digest of A.
        after: Digest of B.
        files: Sorted by path.
        settings: Of the configuration, by their place in it.
        annotations: Of the manifest.
        layers: All layers, the same ones too.
        packages: Versions in A and B (empty: not there) of the packages that differing files belong to.
        texts: Unified diffs of small text files, by path, when they were asked for.
        ignored: What was not looked at.
    """

    before: str
    after: str
    files: tuple[FileChange, ...]
    settings: tuple[Setting, ...]
    annotations: tuple[Setting, ...]
    layers: LayerChanges
    packages: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    texts: Mapping[str, TextChange] = field(default_factory=dict)
    ignored: Set[str] = frozenset()

    @property
    def same(self) -> bool:
        """Tell whether nothing differs that was looked at."""
        layers = self.layers.same or "layers" in self.ignored
        # Two spellings of one manifest are two digests, hence two images, unless something was to be ignored.
        spelling = self.before == self.after or bool(self.ignored)
        return not (self.files or self.settings or self.annotations) and layers and spelling

    def count(self, change: ChangeKind) -> int:
        """Return how many paths were added, removed or changed."""
        return sum(file.change is change for file in self.files)

    def to_data(self) -> dict[str, Any]:
        """Return the difference as plain data for JSON; the reference documents its keys."""
        return {
            "schema": 1,
            "format": "nautiloid-diff/1",
            "same": self.same,
            "a": self.before,
            "b": self.after,
            "ignored": sorted(self.ignored),
            "files": [self._file_data(file) for file in self.files],
            "packages": [
                {"kind": kind, "name": name, "a": a or None, "b": b or None}
                for (kind, name), (a, b) in sorted(self.packages.items())
            ],
            "config": [_setting_data(setting) for setting in self.settings],
            "annotations": [_setting_data(setting) for setting in self.annotations],
            "layers": {
                "same": self.layers.same,
                "bytes_shared": self.layers.shared,
                "bytes_only_in_b": self.layers.moved,
                "pairs": [
                    {
                        "a": asdict(pair.before) if pair.before else None,
                        "b": asdict(pair.after) if pair.after else None,
                        "same": pair.same,
                        "why": pair.why or None,
                    }
                    for pair in self.layers.pairs
                ],
            },
        }

    def _file_data(self, file: FileChange) -> dict[str, Any]:
        text = self.texts.get(file.path)
        return {
            "path": f"/{file.path}",
            "change": str(file.change),
            "layer": file.layer,
            "package": {"kind": file.package.kind, "name": file.package.name} if file.package else None,
            "kind": file.kind,
            "size": file.size,
            "fields": {entry.name: {"a": entry.before, "b": entry.after} for entry in file.fields},
            "header_only": file.header_only,
            **({"diff": list(text.lines), "diff_left_out": text.left_out or None} if text else {}),
        }


def _setting_data(setting: Setting) -> dict[str, Any]:
    return {"name": setting.name, "a": setting.before, "b": setting.after}


def compare_images(
    before: ImageSource,
    after: ImageSource,
    *,
    ignore: Set[str] = frozenset(),
    content: bool = False,
    progress: Progress = SILENT,
) -> Difference:
    """Compare two images.

    Args:
        before: Image A.
        after: Image B.
        ignore: Names from ``IGNORABLE``.
        content: Also make unified diffs of small text files, which reads the layers that hold them again.
        progress: Hears of each layer.

    Raises:
        UsageError: ``ignore`` holds an unknown name.
        ImageFormatError: An image is damaged.
        IntegrityError: A layer is not the one that its image names.
    """
    check_ignorable(ignore)
    listings = Listings()
    if before.image.digest == after.image.digest:
        # One manifest names one content: there is nothing to explain, hence nothing to read.
        digest = before.image.digest
        return Difference(digest, digest, (), (), (), layer_changes(before, after, listings), ignored=frozenset(ignore))
    total = len(before.image.manifest.layers) + len(after.image.manifest.layers)
    with progress.task("Read both images", total=total) as task:
        a, b = read_tree(before, listings, task), read_tree(after, listings, task)
    files = file_changes(a, b, ignore)
    return Difference(
        before=before.image.digest,
        after=after.image.digest,
        files=files,
        settings=setting_changes(before, after, ignore),
        annotations=annotation_changes(before, after, ignore),
        layers=layer_changes(before, after, listings),
        packages=_versions(files, a.owners, b.owners),
        texts=text_changes(before, after, a, b, files, progress) if content else {},
        ignored=frozenset(ignore),
    )


def check_ignorable(names: Set[str]) -> None:
    """Refuse what cannot be ignored.

    Raises:
        UsageError: A name is unknown.
    """
    unknown = sorted(names - IGNORABLE.keys())
    if unknown:
        raise UsageError(f"There is no such thing to ignore: {', '.join(unknown)}.", f"Known: {', '.join(IGNORABLE)}.")


def _versions(
    files: tuple[FileChange, ...], before: Mapping[str, Owner], after: Mapping[str, Owner]
) -> dict[tuple[str, str], tuple[str, str]]:
    touched = {(file.package.kind, file.package.name) for file in files if file.package}
    a, b = ({(one.kind, one.name): one.version or "?" for one in owners.values()} for owners in (before, after))
    return {key: (a.get(key, ""), b.get(key, "")) for key in touched}
