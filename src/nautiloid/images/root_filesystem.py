"""A root filesystem in a directory, read as if it were an image's only layer.

Links are never followed and mount points never crossed: what is read is what lies in the directory.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from nautiloid.inspection.inventory import Skipped
from nautiloid.inspection.layer_listing import EntryKind, LayerEntry, Onlooker, Seen, read_content
from nautiloid.oci.errors import ImageNotFoundError

_CAPABILITY = "security.capability"


def read_root(root: Path, onlooker: Onlooker) -> tuple[tuple[LayerEntry, ...], tuple[Skipped, ...]]:
    """Return the entries below a directory, sorted, and what could not be read.

    Raises:
        ImageNotFoundError: It is no directory.
    """
    if not root.is_dir():
        raise ImageNotFoundError(f"There is no directory {root}.")
    skipped: list[Skipped] = []
    entries = []
    seen: dict[tuple[int, int], str] = {}
    for path, status in _walk(root, "", root.stat().st_dev, skipped):
        twin = seen.setdefault((status.st_dev, status.st_ino), path) if stat.S_ISREG(status.st_mode) else path
        try:
            entries.append(_entry(root, path, status, onlooker, twin))
        except OSError as error:
            skipped.append(Skipped(f"/{path}", error.strerror or str(error)))
    return tuple(entries), tuple(skipped)


def _walk(root: Path, below: str, device: int, skipped: list[Skipped]) -> Iterator[tuple[str, os.stat_result]]:
    agenda = [below]
    while agenda:
        place = agenda.pop()
        try:
            with os.scandir(root / place) as listed:
                found = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            skipped.append(Skipped(f"/{place}", error.strerror or str(error)))
            continue
        inner = []
        for entry in found:
            path = f"{place}/{entry.name}".lstrip("/")
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                skipped.append(Skipped(f"/{path}", error.strerror or str(error)))
                continue
            yield path, status
            if stat.S_ISDIR(status.st_mode):
                if status.st_dev == device:
                    inner.append(path)
                else:
                    skipped.append(Skipped(f"/{path}", "another file system is mounted here"))
        agenda += reversed(inner)


_KINDS = (
    (stat.S_ISDIR, EntryKind.DIRECTORY),
    (stat.S_ISLNK, EntryKind.SYMLINK),
    (stat.S_ISCHR, EntryKind.CHARACTER_DEVICE),
    (stat.S_ISBLK, EntryKind.BLOCK_DEVICE),
)


def _entry(root: Path, path: str, status: os.stat_result, onlooker: Onlooker, twin: str) -> LayerEntry:
    kind = next((kind for test, kind in _KINDS if test(status.st_mode)), EntryKind.FIFO)
    target, seen = "", Seen()
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISREG(status.st_mode):
        if twin != path:
            return LayerEntry(path, EntryKind.HARD_LINK, target=twin)
        kind = EntryKind.FILE
        # Without O_NOFOLLOW, whoever may write here could swap the file for a link between stat and open.
        handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as content:
            seen = read_content(content, path, status.st_size, mode, onlooker)
    elif kind is EntryKind.SYMLINK:
        target = os.readlink(root / path)  # noqa: PTH115 - the text as it stands, not a normalised path
    return LayerEntry(
        path=path,
        kind=kind,
        size=status.st_size if kind is EntryKind.FILE else 0,
        mode=mode,
        uid=status.st_uid,
        gid=status.st_gid,
        mtime=status.st_mtime,
        target=target,
        sha256=seen.sha256,
        substance=seen.substance,
        what=seen.what,
        xattrs=_capability(root / path) if kind is EntryKind.FILE else (),
        facts=seen.facts,
        traces=seen.traces,
    )


def _capability(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        return ((_CAPABILITY, os.getxattr(path, _CAPABILITY, follow_symlinks=False).hex()),)
    except OSError:
        return ()
