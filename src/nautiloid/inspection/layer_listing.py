"""What one layer says: its entries in order, contents as hashes. Read as a stream, once, with nothing unpacked.

Source: OCI image-spec 1.1, layer.md (whiteouts, hard links) and pax(1) for extended attributes (``SCHILY.xattr.*``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Protocol

from nautiloid import bounds
from nautiloid.inspection.content_kind import HEAD, kind_of
from nautiloid.oci import tar_header
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.layer_tar import LayerTar, open_layer_tar
from nautiloid.oci.tar_header import Header

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_XATTR = "SCHILY.xattr."
_CHUNK = 1 << 20


class EntryKind(StrEnum):
    """What an entry of a layer is; the last two only say what goes."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symbolic link"
    HARD_LINK = "hard link"
    CHARACTER_DEVICE = "character device"
    BLOCK_DEVICE = "block device"
    FIFO = "named pipe"
    WHITEOUT = "whiteout"
    OPAQUE = "opaque directory"


_KINDS = {
    tar_header.DIRECTORY: EntryKind.DIRECTORY,
    tar_header.SYMLINK: EntryKind.SYMLINK,
    tar_header.HARD_LINK: EntryKind.HARD_LINK,
    tar_header.CHARACTER_DEVICE: EntryKind.CHARACTER_DEVICE,
    tar_header.BLOCK_DEVICE: EntryKind.BLOCK_DEVICE,
    tar_header.FIFO: EntryKind.FIFO,
}


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """One entry of a layer.

    Attributes:
        path: Without leading slash; of a whiteout, the path that goes; of an opaque mark, the directory.
        size: Bytes of a regular file.
        mtime: Seconds since 1970.
        target: What a link points at, or ``major:minor`` of a device.
        sha256: Of a regular file's content, in hex.
        substance: The same without the header that says when the file was made; empty where there is no such header.
        what: The kind of content in words; empty when nobody can tell.
        xattrs: Extended attributes, sorted by name.
        names: The owner's names as the archive spells them; they decide nothing but the layer's bytes.
        facts: What somebody who looked into the content made of it; None where nobody did.
        traces: What was seen that counts even where a later layer hides the file: whoever has the image has the layer.
    """

    path: str
    kind: EntryKind
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    target: str = ""
    sha256: str = ""
    substance: str = ""
    what: str = ""
    xattrs: tuple[tuple[str, str], ...] = ()
    names: tuple[str, str] = ("", "")
    facts: object = field(default=None, compare=False, repr=False)
    traces: tuple[object, ...] = field(default=(), compare=False, repr=False)


class Look(Protocol):
    """Somebody who looks into one file as it streams by."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file."""

    def facts(self) -> object:
        """Return what there is to say of the file, now that it has passed."""

    def traces(self) -> tuple[object, ...]:
        """Return what counts of it even where a later layer hides the file."""


class Onlooker(Protocol):
    """Somebody who decides which files are looked into."""

    def look(self, path: str, size: int, mode: int, head: bytes) -> Look | None:
        """Return who looks into a file of this path, size (bytes) and mode that begins with ``head``; None: nobody."""


class KeepContent:
    """A look that keeps a file's content: its facts are the bytes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Keep the next bytes."""
        self._pieces.append(chunk)

    def facts(self) -> bytes:
        """Return the whole content."""
        return b"".join(self._pieces)

    def traces(self) -> tuple[object, ...]:
        """Return nothing: nobody has looked into it."""
        return ()


@dataclass(frozen=True)
class KeepWanted:
    """Keeps the content of the files that ``wanted`` (path, size) asks for."""

    wanted: Callable[[str, int], bool]

    def look(self, path: str, size: int, mode: int, head: bytes) -> Look | None:  # noqa: ARG002 - see Onlooker
        """Keep it or not."""
        return KeepContent() if self.wanted(path, size) else None


def list_layer(content: BinaryIO, onlooker: Onlooker) -> tuple[LayerEntry, ...]:
    """Read a layer to its end, which also checks it against its diff_id.

    Args:
        content: The layer as an uncompressed tar.
        onlooker: Shown each regular file; what it finds becomes the entry's ``facts``.

    Raises:
        ImageFormatError: Not all of it can be read, or an entry points outside of the image.
        IntegrityError: It is not the layer that the configuration names.
    """
    entries: list[LayerEntry] = []
    with open_layer_tar(content) as archive:
        for member in archive:
            path = clean_path(member.name)
            if path:
                entries.append(_entry(archive, member, path, onlooker))
    return tuple(entries)


def clean_path(text: str) -> str:
    """Return an entry's path without ``./`` and slashes at its ends; empty for the root itself.

    Raises:
        ImageFormatError: It points outside of the image.
    """
    path = PurePosixPath(text.lstrip("/"))
    if ".." in path.parts:
        raise ImageFormatError(f"A layer has an entry {text!r} that points outside of the image.")
    if len(path.parts) > bounds.PATH_DEPTH:
        raise ImageFormatError(f"A layer has an entry {len(path.parts)} directories deep.", "The image is damaged.")
    if len(text) > bounds.PATH or any(len(part) > bounds.FILE_NAME for part in path.parts):
        raise ImageFormatError(
            f"A layer has an entry {text[:40]!r}... with a longer name than any system takes.", "The image is damaged."
        )
    return "/".join(path.parts)


def _entry(archive: LayerTar, member: Header, path: str, onlooker: Onlooker) -> LayerEntry:
    directory, _, name = path.rpartition("/")
    if name == _OPAQUE:
        return LayerEntry(directory, EntryKind.OPAQUE)
    if name.startswith(_WHITEOUT):
        hidden = name.removeprefix(_WHITEOUT)
        if hidden in ("", ".", ".."):
            raise ImageFormatError(f"A layer has a whiteout {member.name!r} that hides nothing inside of the image.")
        return LayerEntry(f"{directory}/{hidden}".lstrip("/"), EntryKind.WHITEOUT)
    kind = EntryKind.FILE if member.is_file else _KINDS.get(member.kind)
    if kind is None:
        raise ImageFormatError(f"A layer's entry {member.name!r} has the unknown type {member.kind!r}.")
    seen = Seen()
    if kind is EntryKind.FILE:
        seen = read_content(archive.content(), path, member.size, member.mode, onlooker)
    device = kind in (EntryKind.CHARACTER_DEVICE, EntryKind.BLOCK_DEVICE)
    return LayerEntry(
        path=path,
        kind=kind,
        size=member.size if kind is EntryKind.FILE else 0,
        mode=member.mode & 0o7777,
        uid=member.uid,
        gid=member.gid,
        mtime=member.mtime,
        target="{}:{}".format(*member.device) if device else member.link,
        sha256=seen.sha256,
        substance=seen.substance,
        what=seen.what,
        xattrs=tuple(
            sorted(
                (name.removeprefix(_XATTR), value) for name, value in member.records.items() if name.startswith(_XATTR)
            )
        ),
        names=member.owner,
        facts=seen.facts,
        traces=seen.traces,
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file's content told; see ``LayerEntry``."""

    sha256: str = ""
    substance: str = ""
    what: str = ""
    facts: object = None
    traces: tuple[object, ...] = ()


def read_content(content: IO[bytes], path: str, size: int, mode: int, onlooker: Onlooker) -> Seen:
    """Read a file to its end and say what it is."""
    head = content.read(HEAD)
    kind = kind_of(path, head)
    look = onlooker.look(path, size, mode, head)
    whole, rest = hashlib.sha256(head), hashlib.sha256(head[kind.header :])
    if look is not None:
        look.feed(head)
    while len(head) == HEAD and (chunk := content.read(_CHUNK)):
        whole.update(chunk)
        if kind.header:
            rest.update(chunk)
        if look is not None:
            look.feed(chunk)
    return Seen(
        whole.hexdigest(),
        rest.hexdigest() if kind.header else "",
        kind.name,
        look.facts() if look is not None else None,
        look.traces() if look is not None else (),
    )
