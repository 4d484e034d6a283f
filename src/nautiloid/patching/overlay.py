"""The layer under construction: files that are put, and paths that are taken away.

Format: OCI image-spec 1.1, layer.md. Directories above what is put are repeated as the image has them, so that no
unpacker gives them other owners or modes.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from nautiloid.inspection.layer_listing import EntryKind
from nautiloid.patching.contents import Contents

_BLOCK = 1 << 20


@dataclass(frozen=True)
class _Entry:
    info: tarfile.TarInfo
    offset: int = 0


class Overlay:
    """What one layer changes; a context manager that holds the files' bytes in an unnamed file.

    Args:
        contents: The image below.
        mtime: Seconds since 1970, for what has no time of its own.
    """

    def __init__(self, contents: Contents, mtime: int) -> None:
        self._contents, self.mtime = contents, mtime
        self._entries: dict[str, _Entry] = {}
        self._removed: set[str] = set()
        self._bytes: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()

    def close(self) -> None:
        """Let go of the bytes."""
        self._bytes.close()

    @property
    def empty(self) -> bool:
        """Whether nothing is changed."""
        return not self._entries and not self._removed

    def has(self, path: str) -> bool:
        """Tell whether a path will be there: put, or below and not taken away."""
        return path in self._entries or (path in self._contents.files and path not in self._removed)

    def put(self, info: tarfile.TarInfo, chunks: Iterable[bytes] = ()) -> None:
        """Put an entry at ``info.name``; a regular file's size is counted from its bytes."""
        offset = self._bytes.seek(0, io.SEEK_END)
        if info.isreg():
            info.size = sum(self._bytes.write(chunk) for chunk in chunks)
        self._entries[info.name] = _Entry(info, offset)
        self._removed.discard(info.name)

    def put_text(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Put a file of root's; one that is there already keeps its owner and mode."""
        info = tarfile.TarInfo(path)
        below = self._contents.files.get(path)
        entry = below.entry if below is not None else None
        info.mode = entry.mode if entry is not None else mode
        info.uid, info.gid = (entry.uid, entry.gid) if entry is not None else (0, 0)
        info.mtime = self.mtime
        self.put(info, [content])

    def remove(self, path: str) -> None:
        """Take a path away, whether the image has it or only this layer does."""
        self._entries.pop(path, None)
        if path in self._contents.files:
            self._removed.add(path)

    def hide(self, path: str) -> None:
        """Take away what the image has at a path, unless this layer puts something else there."""
        if path not in self._entries:
            self.remove(path)

    def tar(self) -> Iterator[bytes]:
        """Yield the layer as a tar in blocks; the same changes give the same bytes."""
        # A hard link must follow the file that it shares.
        later = sorted(path for path, entry in self._entries.items() if entry.info.islnk())
        order = sorted([*self._parents(), *(path for path in self._entries if path not in set(later))])
        for path in dict.fromkeys([*order, *later]):
            entry = self._entries.get(path)
            info = entry.info if entry is not None else self._directory(path)
            yield info.tobuf(format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape")
            if entry is not None and info.isreg():
                yield from self._content(entry)
        for path in sorted(self._removed):
            place, _, name = path.rpartition("/")
            whiteout = tarfile.TarInfo(f"{place}/.wh.{name}".lstrip("/"))
            whiteout.mtime = self.mtime
            yield whiteout.tobuf(format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape")
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _parents(self) -> set[str]:
        found: set[str] = set()
        for path in (*self._entries, *self._removed):
            parent = path.rpartition("/")[0]
            while parent and parent not in found:
                found.add(parent)
                parent = parent.rpartition("/")[0]
        return found

    def _directory(self, path: str) -> tarfile.TarInfo:
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, self.mtime
        below = self._contents.files.get(path)
        if below is not None and below.kind is EntryKind.DIRECTORY and below.entry is not None:
            entry = below.entry
            info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, int(entry.mtime)
        return info

    def _content(self, entry: _Entry) -> Iterator[bytes]:
        left, position = entry.info.size, entry.offset
        while left:
            self._bytes.seek(position)
            block = self._bytes.read(min(_BLOCK, left))
            position, left = position + len(block), left - len(block)
            yield block
        yield bytes(-entry.info.size % tarfile.BLOCKSIZE)
