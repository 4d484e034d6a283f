"""Shows what changed inside of small text files, as unified diffs.

The comparison itself keeps hashes only. What is shown here is read again, from the layers that hold a changed text, and
only as much as fits a fixed amount of memory.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from nautiloid.inspection.file_changes import FileChange
from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.image_tree import ImageTree
from nautiloid.inspection.layer_listing import LayerEntry, clean_path
from nautiloid.oci.layer_tar import open_layer_tar
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress

LARGEST_TEXT = 128 * 1024
"""Bytes of the largest file that is shown."""

_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class TextChange:
    """The lines of a unified diff, or why there is none."""

    lines: tuple[str, ...] = ()
    left_out: str = ""


def text_changes(
    before: ImageSource,
    after: ImageSource,
    a: ImageTree,
    b: ImageTree,
    changes: tuple[FileChange, ...],
    progress: Progress = SILENT,
) -> dict[str, TextChange]:
    """Return a diff, or the reason why there is none, for each file whose content changed.

    Args:
        before: Image A.
        after: Image B.
        a: The tree of A.
        b: The tree of B.
        changes: What differs.
        progress: Hears of the reading.
    """
    found: dict[str, TextChange] = {}
    wanted: list[str] = []
    room = _MOST_BYTES
    for path in (change.path for change in changes if change.content_differs):
        sizes = (_entry(a, path).size, _entry(b, path).size)
        if max(sizes) > LARGEST_TEXT:
            found[path] = TextChange(left_out=f"larger than {LARGEST_TEXT // 1024} KiB")
        elif sum(sizes) > room:
            found[path] = TextChange(left_out="too many changed files to show all")
        else:
            room -= sum(sizes)
            wanted.append(path)
    if not wanted:
        return found
    with progress.task("Read the changed texts"):
        old, new = _read(before, a.files, wanted), _read(after, b.files, wanted)
    for path in wanted:
        found[path] = _compare(path, old[path], new[path])
    return dict(sorted(found.items()))


def _entry(tree: ImageTree, path: str) -> LayerEntry:
    entry = tree.files[path].entry
    assert entry is not None  # noqa: S101 - only files have content, and a layer lists every file
    return entry


def _compare(path: str, old: bytes, new: bytes) -> TextChange:
    try:
        before, after = old.decode().splitlines(), new.decode().splitlines()
    except UnicodeDecodeError:
        return TextChange(left_out="not a text")
    if b"\0" in old or b"\0" in new:
        return TextChange(left_out="not a text")
    lines = tuple(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm=""))
    return TextChange(lines) if lines else TextChange(left_out="only the line ends differ")


def _read(source: ImageSource, files: Mapping[str, TreeFile], wanted: list[str]) -> dict[str, bytes]:
    """Return contents by path; what a hard link shares lies in the archive under its original's path."""
    entries = {path: entry for path in wanted if (entry := files[path].entry)}
    missing = {entry.sha256 for entry in entries.values()}
    places = {entry.path for entry in entries.values()}
    contents: dict[str, bytes] = {}
    # From the top, where changes mostly are: the lower layers are then not read again.
    for layer in reversed(source.image.manifest.layers):
        if not missing:
            break
        with source.open_layer(layer) as stream, open_layer_tar(stream) as archive:
            for member in archive:
                if member.is_file and member.size <= LARGEST_TEXT and clean_path(member.name) in places:
                    data = archive.content().read()
                    digest = hashlib.sha256(data).hexdigest()
                    if digest in missing:
                        missing.remove(digest)
                        contents[digest] = data
    return {path: contents[entry.sha256] for path, entry in entries.items()}
