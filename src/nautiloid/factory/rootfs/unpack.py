"""Put a Debian package into a tree: its files, links and directories, without running anything of it."""

from __future__ import annotations

from pathlib import Path

from nautiloid.debian.deb import MemberKind, read_deb
from nautiloid.factory.lockfile import LockedDeb
from nautiloid.factory.rootfs.content import FileSlice
from nautiloid.factory.rootfs.dpkg import InstalledPackage
from nautiloid.factory.rootfs.tree import Origin, Tree


def add_deb(tree: Tree, deb: LockedDeb, path: Path, scratch: Path) -> InstalledPackage:
    """Add a package's files to the tree, and return what dpkg would know of it.

    Args:
        tree: Where to add.
        deb: What the lock says of the package.
        path: The package.
        scratch: Where it is unpacked; must live as long as the tree is used.
    """
    package = read_deb(path)
    unpacked = scratch / f"{deb.sha256}.tar"
    layer = "python" if deb.source.startswith("python3.") else "base"
    origin = Origin(layer, f"deb:{deb.name}")
    members = package.unpack_data_tar(unpacked)
    contents = {
        member.path: FileSlice(unpacked, member.size, f"deb:{deb.sha256}:{member.path}", member.offset_data)
        for member in members
        if member.kind is MemberKind.FILE
    }
    for member in members:
        match member.kind:
            case MemberKind.DIRECTORY:
                tree.directory(member.path, origin, member.mode & 0o755 or 0o755)
            case MemberKind.SYMLINK:
                tree.symlink(member.path, member.target, origin)
            case MemberKind.FILE:
                tree.file(member.path, contents[member.path], origin, member.mode)
            case MemberKind.HARDLINK:
                tree.file(member.path, contents[member.target], origin, member.mode)
    return InstalledPackage(deb.name, deb.architecture, package, tuple(member.path for member in members))
