"""Records and start-up hooks that are reached through links: read where the links lead, or said to be unread.

While a layer streams by, a file is known by its own path alone. Only the finished tree tells that
``/var/lib/dpkg/status`` is a link to it, or lies in a directory that is one; its layer is then read a second time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from nautiloid import bounds
from nautiloid.inspection.examine import Examiner
from nautiloid.inspection.facts import Listed, Record, StartupHook, Unread
from nautiloid.inspection.file_tree import FileTree, TreeFile
from nautiloid.inspection.layer_listing import EntryKind, KeepWanted, LayerEntry, Onlooker, read_content
from nautiloid.inspection.startup_hooks import may_be_hook, stands_in_site
from nautiloid.oci.errors import ImageFormatError
from nautiloid.packages.kinds import KINDS
from nautiloid.packages.os_release import PATHS as OS_RELEASE

Reread = Callable[[int, Onlooker], tuple[LayerEntry, ...]]
"""Reads the layer at a position once more, for an onlooker."""


def follow_links(files: Mapping[str, TreeFile], tree: FileTree, reread: Reread) -> dict[str, TreeFile]:
    """Return the names through which records and hooks are reached, each with the facts of what it leads to.

    Args:
        files: The finished file system.
        tree: The same, to follow links.
        reread: Reads a layer again; called only where a file was not looked into under its own name.

    Raises:
        ImageFormatError: A layer cannot be read.
    """
    found: dict[str, TreeFile] = {}
    wanted: dict[int, dict[str, TreeFile]] = {}
    left = bounds.RECORDS
    for path, real in _links(files, tree):
        target = files.get(real)
        if target is None or target.entry is None or target.kind is not EntryKind.FILE:
            if _tells_packages(path) or path in OS_RELEASE:
                found[path] = _with(files.get(path), path, target, Unread("a link that leads to no file"))
        elif isinstance(target.entry.facts, Record) and real != path:
            found[path] = _with(files.get(path), path, target, target.entry.facts)
        elif target.entry.size > bounds.RECORD:
            reason = f"a link to a file of over {bounds.RECORD >> 20} MiB"
            found[path] = _with(files.get(path), path, target, Unread(reason))
        elif not _is_known(target.entry) and target.entry.size > left:
            reason = f"what links lead to is larger than {bounds.RECORDS >> 20} MiB together"
            found[path] = _with(files.get(path), path, target, Unread(reason))
        elif not _is_known(target.entry):
            left -= target.entry.size
            wanted.setdefault(target.layer, {})[path] = target
    examiner = Examiner()
    for layer, targets in wanted.items():
        contents = _contents(layer, targets, reread)
        for path, target in targets.items():
            assert target.entry is not None  # noqa: S101 - those alone are wanted
            content = contents.get((target.entry.path, target.entry.sha256))
            if content is None:
                found[path] = _with(files.get(path), path, target, Unread("a link to a file that cannot be read again"))
                continue
            seen = read_content(io.BytesIO(content), path, len(content), target.entry.mode, examiner)
            hooks = tuple(trace for trace in seen.traces if isinstance(trace, StartupHook))
            found[path] = _with(files.get(path), path, target, seen.facts, hooks)
    return found


def _links(files: Mapping[str, TreeFile], tree: FileTree) -> Iterator[tuple[str, str]]:
    """Yield names that somebody would look up, and are links or reached through some, with where they lead."""
    for path, file in files.items():
        if file.kind is EntryKind.SYMLINK and _is_named(path):
            yield path, _resolved(tree, path)
        elif _is_another(path, file):
            yield path, path
    for place in (*OS_RELEASE, *(place for kind in KINDS for place in kind.places)):
        real = _resolved(tree, place)
        if real in ("", place.rstrip("/")) or (place in files and not place.endswith("/")):
            continue
        if not place.endswith("/"):
            if real in files:
                yield place, real
            continue
        for path in files:
            if path.startswith(f"{real}/") and _is_named(place + path[len(real) + 1 :]):
                yield place + path[len(real) + 1 :], _resolved(tree, path)


def _is_another(path: str, file: TreeFile) -> bool:
    """Tell whether a name is a hard link to what was looked at under another one, or a record that is no file."""
    if file.kind is EntryKind.FILE:
        return bool(file.linked) and file.entry is not None and file.entry.path != path and _is_named(path)
    return file.kind is not EntryKind.DIRECTORY and _tells_packages(path)


def _resolved(tree: FileTree, path: str) -> str:
    try:
        return tree.resolve(path)
    except ImageFormatError:  # a circle
        return ""


def _is_named(path: str) -> bool:
    """Tell whether somebody looks a file up by this name."""
    if path in OS_RELEASE or _tells_packages(path) or any(kind.wants(path, 0) for kind in KINDS):
        return True
    return may_be_hook(path) and (not path.endswith(".pth") or stands_in_site(path))


def _tells_packages(path: str) -> bool:
    return any(kind.tells_packages(path) for kind in KINDS)


def _is_known(entry: LayerEntry) -> bool:
    """Tell whether a file was looked into under a name of its own."""
    hook = any(isinstance(trace, StartupHook) for trace in entry.traces)
    return hook or isinstance(entry.facts, (Record, Listed, Unread))


def _contents(layer: int, targets: Mapping[str, TreeFile], reread: Reread) -> dict[tuple[str, str], bytes]:
    paths = {target.entry.path for target in targets.values() if target.entry is not None}
    entries = reread(layer, KeepWanted(lambda path, _size: path in paths))
    return {(entry.path, entry.sha256): entry.facts for entry in entries if isinstance(entry.facts, bytes)}


def _with(
    link: TreeFile | None, path: str, target: TreeFile | None, facts: object, traces: tuple[object, ...] = ()
) -> TreeFile:
    """Return a name with facts; one that only exists through a link of a directory counts as a link."""
    if link is not None and link.entry is not None:
        return replace(link, entry=replace(link.entry, facts=facts, traces=traces))
    layer = target.layer if target is not None else 0
    return TreeFile(LayerEntry(path, EntryKind.SYMLINK, facts=facts, traces=traces), layer)
