"""What one layer says: its entries in order, contents as hashes. Read as a stream, once, with nothing unpacked.

Source: OCI image-spec 1.1, layer.md (whiteouts, hard links) and pax(1) for extended attributes (``SCHILY.xattr.*``).
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from nautiloid.inspect.content_kind import HEAD, kind_of
from nautiloid.oci.errors import ImageFormatError

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_XATTR = "SCHILY.xattr."
_CHUNK = 1 << 20
_DEEPEST = 400  # no real image comes near; a hostile one must not exhaust the stack of whoever walks the tree


class Kind(StrEnum):
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
    tarfile.DIRTYPE: Kind.DIRECTORY,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARD_LINK,
    tarfile.CHRTYPE: Kind.CHARACTER_DEVICE,
    tarfile.BLKTYPE: Kind.BLOCK_DEVICE,
    tarfile.FIFOTYPE: Kind.FIFO,
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
    """

    path: str
    kind: Kind
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


def list_layer(content: BinaryIO, keep: Callable[[str, int], bool], kept: dict[str, bytes]) -> tuple[LayerEntry, ...]:
    """Read a layer to its end, which also checks it against its diff_id.

    Args:
        content: The layer as an uncompressed tar.
        keep: Asked with the path and size of each regular file whether its content is wanted.
        kept: Receives the wanted contents by path.

    Raises:
        ImageFormatError: It is not a tar, or an entry points outside of the image.
        IntegrityError: It is not the layer that the configuration names.
    """
    entries: list[LayerEntry] = []
    try:
        with tarfile.open(fileobj=content, mode="r|") as archive:
            for member in archive:
                path = clean_path(member.name)
                if path:
                    entries.append(_entry(archive, member, path, kept if keep(path, member.size) else None))
                archive.members = []  # type: ignore[attr-defined] # a stream never goes back; do not keep every header
    except tarfile.TarError as error:
        raise ImageFormatError(f"A layer is not a tar file: {error}.", "The image is damaged.") from error
    while content.read(_CHUNK):
        pass
    return tuple(entries)


def clean_path(text: str) -> str:
    """Return an entry's path without ``./`` and slashes at its ends; empty for the root itself.

    Raises:
        ImageFormatError: It points outside of the image.
    """
    path = PurePosixPath(text.lstrip("/"))
    if ".." in path.parts:
        raise ImageFormatError(f"A layer has an entry {text!r} that points outside of the image.")
    if len(path.parts) > _DEEPEST:
        raise ImageFormatError(f"A layer has an entry {len(path.parts)} directories deep.", "The image is damaged.")
    return "/".join(path.parts)


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str, kept: dict[str, bytes] | None) -> LayerEntry:
    directory, _, name = path.rpartition("/")
    if name == _OPAQUE:
        return LayerEntry(directory, Kind.OPAQUE)
    if name.startswith(_WHITEOUT):
        hidden = name.removeprefix(_WHITEOUT)
        if hidden in ("", ".", ".."):
            raise ImageFormatError(f"A layer has a whiteout {member.name!r} that hides nothing inside of the image.")
        return LayerEntry(f"{directory}/{hidden}".lstrip("/"), Kind.WHITEOUT)
    kind = Kind.FILE if member.isreg() else _KINDS.get(member.type)
    if kind is None:
        raise ImageFormatError(f"A layer's entry {member.name!r} has the unknown type {member.type!r}.")
    sha256 = substance = what = ""
    if kind is Kind.FILE and (content := archive.extractfile(member)) is not None:
        sha256, substance, what = _digest(content, path, kept)
    device = kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE)
    return LayerEntry(
        path=path,
        kind=kind,
        size=member.size if kind is Kind.FILE else 0,
        mode=member.mode & 0o7777,
        uid=member.uid,
        gid=member.gid,
        mtime=member.mtime,
        target=f"{member.devmajor}:{member.devminor}" if device else member.linkname,
        sha256=sha256,
        substance=substance,
        what=what,
        xattrs=tuple(
            sorted(
                (name.removeprefix(_XATTR), value)
                for name, value in member.pax_headers.items()
                if name.startswith(_XATTR)
            )
        ),
        names=(member.uname, member.gname),
    )


def _digest(content: IO[bytes], path: str, kept: dict[str, bytes] | None) -> tuple[str, str, str]:
    head = content.read(HEAD)
    kind = kind_of(path, head)
    whole, rest = hashlib.sha256(head), hashlib.sha256(head[kind.header :])
    pieces = [head]
    while chunk := content.read(_CHUNK):
        whole.update(chunk)
        if kind.header:
            rest.update(chunk)
        if kept is not None:
            pieces.append(chunk)
    if kept is not None:
        kept[path] = b"".join(pieces)
    return whole.hexdigest(), rest.hexdigest() if kind.header else "", kind.name
