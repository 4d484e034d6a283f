"""The members of a package's tar, checked one by one before anybody uses them.

dpkg runs as root and trusts a package; we unpack packages into a file system of our own, and a hash only
proves that the bytes are the archive's. So whatever could reach outside that file system, or mean two things
at once, is refused.
"""

from __future__ import annotations

import os
import posixpath
import re
import tarfile
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

from nautiloid.errors import IntegrityError
from nautiloid.streams import rest_is_zeros

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\udc80-\udcff]")
_ZERO_BLOCK = bytes(tarfile.BLOCKSIZE)


class MemberKind(Enum):
    """What a member is; packages hold nothing else."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"


@dataclass(frozen=True)
class Member:
    """One entry of a package's file system.

    Attributes:
        path: Relative to the root, without a leading ``./`` or trailing slash.
        kind: What it is.
        mode: Permission bits including setuid, setgid and sticky, as packed.
        size: Bytes; 0 for anything but a file.
        mtime: Seconds since the epoch.
        uid: Numeric owner, as packed.
        gid: Numeric group, as packed.
        target: What a symlink says, or the path that a hard link shares; else empty.
        offset_data: Where a file's bytes begin in the uncompressed tar.
    """

    path: str
    kind: MemberKind
    mode: int
    size: int
    mtime: int
    uid: int
    gid: int
    target: str
    offset_data: int


def read_members(archive: tarfile.TarFile, tar: BinaryIO) -> tuple[Member, ...]:
    """Return all members of a seekable tar in archive order; the root directory itself is left out.

    Raises:
        IntegrityError: A member is of a kind that packages do not hold, has a name or link that leaves the
            root or repeats another, lies below something that is not a directory, or the tar is damaged or
            truncated.
    """
    end = tar.seek(0, os.SEEK_END)
    members: dict[str, Member] = {}
    while (info := archive.next()) is not None:
        # A negative size would send tarfile back to an earlier header, forever.
        if info.size < 0 or info.offset_data + info.size > end:
            raise IntegrityError(f"{_shown(info.name)} is larger than the archive that holds it")
        member = _member(info)
        if member.path:
            _check_place(member, members)
            members[member.path] = member
    _check_end(archive, tar)
    return tuple(members.values())


def _member(info: tarfile.TarInfo) -> Member:
    path = _normalised(info.name, what="the name")
    kind = _kind(info)
    if not path and kind is not MemberKind.DIRECTORY:
        raise IntegrityError("the root is not a directory")
    target = ""
    if kind is MemberKind.SYMLINK:
        target = _checked_symlink(path, info.linkname)
    elif kind is MemberKind.HARDLINK:
        target = _normalised(info.linkname, what=f"the link target of {path}")
    return Member(
        path=path,
        kind=kind,
        mode=info.mode & 0o7777,
        size=info.size if kind is MemberKind.FILE else 0,
        mtime=int(info.mtime),
        uid=info.uid,
        gid=info.gid,
        target=target,
        offset_data=info.offset_data,
    )


def _kind(info: tarfile.TarInfo) -> MemberKind:
    if info.issparse():
        raise IntegrityError(f"{_shown(info.name)} is a sparse file")
    if info.isreg():
        return MemberKind.FILE
    if info.isdir():
        return MemberKind.DIRECTORY
    if info.issym():
        return MemberKind.SYMLINK
    if info.islnk():
        return MemberKind.HARDLINK
    raise IntegrityError(f"{_shown(info.name)} is a device, a pipe or of an unknown kind")


def _normalised(name: str, *, what: str) -> str:
    """Return a member's path relative to the root; refuse one that is not plainly inside."""
    if _CONTROL_CHARACTERS.search(name):
        raise IntegrityError(f"{what} {_shown(name)} has control characters or is not UTF-8")
    if name.startswith("/") or ".." in name.split("/"):
        raise IntegrityError(f"{what} {_shown(name)} leaves the package's root")
    path = posixpath.normpath(name) if name else ""
    return "" if path == "." else path


def _checked_symlink(path: str, target: str) -> str:
    """Refuse a target that climbs above the root; an absolute one is read inside the image's root."""
    if not target or _CONTROL_CHARACTERS.search(target):
        raise IntegrityError(f"{path} is a symlink to {_shown(target)}")
    depth = path.count("/") if not target.startswith("/") else 0
    for step in target.split("/"):
        depth += {"": 0, ".": 0, "..": -1}.get(step, 1)
        if depth < 0:
            raise IntegrityError(f"{path} is a symlink that leaves the root: {_shown(target)}")
    return target


def _check_place(member: Member, before: dict[str, Member]) -> None:
    if member.path in before:
        raise IntegrityError(f"{member.path} appears twice")
    for parent in _parents(member.path):
        if parent in before and before[parent].kind is not MemberKind.DIRECTORY:
            raise IntegrityError(f"{member.path} lies below {parent}, which is no directory")
    if member.kind is MemberKind.HARDLINK:
        linked = before.get(member.target)
        if linked is None or linked.kind not in (MemberKind.FILE, MemberKind.HARDLINK):
            raise IntegrityError(f"{member.path} is a hard link to {member.target}, which is no earlier file")


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _check_end(archive: tarfile.TarFile, tar: BinaryIO) -> None:
    """Make sure of the end, zeros to the last byte: tarfile also takes a damaged header for one."""
    tar.seek(archive.offset)
    if tar.read(tarfile.BLOCKSIZE) != _ZERO_BLOCK:
        raise IntegrityError("the tar is truncated or has a damaged header")
    if not rest_is_zeros(tar):
        raise IntegrityError("something follows the tar's end")


def _shown(name: str) -> str:
    return ascii(name[:200])
