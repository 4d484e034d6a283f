"""Compares two file trees path by path, and says of each difference what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from nautiloid.inspection.file_tree import TreeFile
from nautiloid.inspection.image_tree import ImageTree
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry
from nautiloid.inspection.ownership import Owner, owner_of


class ChangeKind(StrEnum):
    """What became of a path on the way from A to B."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Field:
    """One property that differs: its name, and its value in A and in B (empty: not there)."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path that is not the same in both images.

    Attributes:
        layer: Name of the layer that it comes from: in B, or in A where it was removed.
        package: What it belongs to, where that is known.
        kind: ``EntryKind`` in words, with what is known of the content (``file, Python source``).
        size: Bytes of content in B, or in A where it was removed.
        fields: What differs; empty for what was added or removed.
        header_only: The content differs only in a header that says when the file was made.
    """

    path: str
    change: ChangeKind
    layer: str
    package: Owner | None
    kind: str
    size: int
    fields: tuple[Field, ...] = ()
    header_only: bool = False

    @property
    def content_differs(self) -> bool:
        """Tell whether it is a file in both, with another content."""
        return any(field.name == "content" for field in self.fields)


def file_changes(before: ImageTree, after: ImageTree, ignore: Set[str]) -> tuple[FileChange, ...]:
    """Return what differs, sorted by path.

    Args:
        before: The tree of A.
        after: The tree of B.
        ignore: Names of fields that may differ.
    """
    return tuple(_changes(before, after, ignore))


def _changes(before: ImageTree, after: ImageTree, ignore: Set[str]) -> Iterator[FileChange]:
    for path in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(path), after.files.get(path)
        if old is not None and new is not None:
            fields = tuple(field for field in _fields(old, new) if field.name not in ignore)
            if fields:
                yield _change(path, ChangeKind.CHANGED, new, after, fields, header_only=_same_substance(old, new))
        elif new is not None:
            yield _change(path, ChangeKind.ADDED, new, after)
        elif old is not None:
            yield _change(path, ChangeKind.REMOVED, old, before)


def _change(
    path: str,
    change: ChangeKind,
    file: TreeFile,
    tree: ImageTree,
    fields: tuple[Field, ...] = (),
    *,
    header_only: bool = False,
) -> FileChange:
    what = file.entry.what if file.entry else ""
    return FileChange(
        path=path,
        change=change,
        layer=tree.layer_names[file.layer],
        package=owner_of(path, tree.owners),
        kind=f"{file.kind}, {what}" if what else str(file.kind),
        size=file.entry.size if file.entry else 0,
        fields=fields,
        header_only=header_only,
    )


def _fields(old: TreeFile, new: TreeFile) -> Iterator[Field]:
    if old.kind is not new.kind:
        yield Field("type", str(old.kind), str(new.kind))
    a, b = old.entry, new.entry
    if a is None or b is None:
        return  # a directory that one image never lists has no properties to compare
    if old.kind is new.kind:
        yield from _content(a, b)
    if old.kind is not EntryKind.SYMLINK or new.kind is not EntryKind.SYMLINK:
        # A link's own mode is never looked at, and archivers write different ones.
        yield from _field("mode", f"{a.mode:04o}", f"{b.mode:04o}")
    yield from _field("owner", f"{a.uid}:{a.gid}", f"{b.uid}:{b.gid}")
    yield from _field("mtime", _seconds(a.mtime), _seconds(b.mtime))
    yield from _field("hardlink", old.linked, new.linked)
    yield from _xattrs(dict(a.xattrs), dict(b.xattrs))


def _content(a: LayerEntry, b: LayerEntry) -> Iterator[Field]:
    if a.kind is EntryKind.FILE:
        yield from _field("size", str(a.size), str(b.size))
        yield from _field("content", f"sha256:{a.sha256}", f"sha256:{b.sha256}")
        yield from _field("kind", a.what, b.what)
    else:
        yield from _field("target", a.target, b.target)


def _xattrs(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[Field]:
    changed = {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
    if changed:
        yield Field("xattrs", _listed(a, changed), _listed(b, changed))


def _listed(xattrs: Mapping[str, str], names: Set[str]) -> str:
    return ", ".join(f"{name}={xattrs[name]}" for name in sorted(names) if name in xattrs)


def _field(name: str, before: str, after: str) -> Iterator[Field]:
    if before != after:
        yield Field(name, before, after)


def _same_substance(old: TreeFile, new: TreeFile) -> bool:
    a, b = old.entry, new.entry
    return a is not None and b is not None and a.sha256 != b.sha256 and a.substance != "" and a.substance == b.substance


def _seconds(moment: float) -> str:
    return str(int(moment)) if moment == int(moment) else repr(moment)
