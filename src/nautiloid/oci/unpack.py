"""Unpacking an image's layers into a directory, for engines that have no image store of their own.

Layers are applied as OCI image-spec 1.1 (layer.md) says, whiteouts included. A layer is untrusted input: no
entry can write outside the directory (links are resolved inside it, ``..`` is refused), no device node,
socket or pipe is made, and no setuid or setgid bit survives. It works without root; all files then belong
to the caller.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from nautiloid import bounds
from nautiloid.errors import NautiloidError
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.image import Image
from nautiloid.oci.layer_tar import LayerTar, open_layer_tar
from nautiloid.oci.source import ImageSource
from nautiloid.oci.tar_header import DIRECTORY, HARD_LINK, SYMLINK, Header
from nautiloid.progress import SILENT, Progress

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_CHUNK = 1 << 20
_LAST_TIME = (1 << 63) / 1e9  # seconds; Docker, too, takes what 64 bits of nanoseconds cannot hold for 1970
_LARGEST_ID = (1 << 32) - 2
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE)


def rootfs_path(image: Image, cache: Path) -> Path:
    """Return where the image's unpacked root file system lies, or would lie."""
    return cache / "rootfs" / image.digest.partition(":")[2]


def unpacked(source: ImageSource, cache: Path, progress: Progress = SILENT) -> Path:
    """Return the image's root file system, unpacking it the first time.

    Two processes may do this at once: each unpacks beside the final name, and the first to finish gives its
    result that name.

    Args:
        source: The image.
        cache: The cache directory; the result is ``rootfs/<hex of the image's digest>`` in it.
        progress: Hears of each layer.

    Raises:
        ImageFormatError: A layer is not a tar, or an entry points outside.
        IntegrityError: A layer is not the one that the configuration names.
        NautiloidError: The directory of unpacked images is somebody else's.
    """
    root = rootfs_path(source.image, cache)
    _make_private(root.parent)
    if root.is_dir():
        return root
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=root.parent))
    try:
        with progress.task("Unpack the image", total=len(source.image.manifest.layers)) as task:
            for layer in source.image.manifest.layers:
                with source.open_layer(layer) as content:
                    apply_layer(content, temporary)
                task.advance(1)
        temporary.chmod(0o755)
        _give_name(temporary, root)
    finally:
        remove_tree(temporary)
    return root


def apply_layer(content: BinaryIO, root: Path) -> None:
    """Apply one layer to a directory that nobody else writes to.

    Args:
        content: The layer as an uncompressed tar, read to its end.
        root: The root of the image's file system.

    Raises:
        ImageFormatError: Not all of it can be read, or an entry points outside of ``root``.
    """
    made: set[Path] = set()
    with open_layer_tar(content) as archive:
        for member in archive:
            try:
                _apply(archive, member, root, made)
            except OSError as error:
                if error.errno in _OF_THE_MACHINE:
                    raise
                raise ImageFormatError(
                    f"A layer's entry {_shown(member.name)} cannot be unpacked: {error.strerror}.",
                    "No engine could unpack it here either.",
                ) from error


def remove_tree(path: Path) -> None:
    """Delete a directory, also one whose subdirectories its owner may not write to."""
    if path.is_dir():
        for directory, _, _ in os.walk(path):
            Path(directory).chmod(0o700)
        shutil.rmtree(path)


def resolve_inside(root: Path, path: PurePosixPath | str) -> Path:
    """Follow a path as a process confined to ``root`` would; absolute links and ``..`` stay inside.

    Raises:
        ImageFormatError: Links lead in a circle.
    """
    waiting = list(reversed(PurePosixPath(path).parts))
    here, links = root, 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            here = here if here == root else here.parent
        elif part != "/":
            target = here / part
            if not target.is_symlink():
                here = target
                continue
            links += 1
            if links > bounds.LINKS_FOLLOWED:
                raise ImageFormatError(f"Symbolic links in the image lead in a circle at {path}.")
            goal = PurePosixPath(target.readlink())
            here = root if goal.is_absolute() else here
            waiting.extend(reversed(goal.parts))
    return here


def _apply(archive: LayerTar, member: Header, root: Path, made: set[Path]) -> None:
    name = _checked_name(member.name)
    if name is None:
        return
    parent = resolve_inside(root, name.parent)
    _make_parents(root, parent)
    if name.name == _OPAQUE:
        _clear(parent, made)
    elif name.name.startswith(_WHITEOUT):
        _remove(parent / _checked_whiteout(name.name))
    else:
        target = parent / name.name
        _place(archive, member, root, target)
        made.add(target)


def _checked_name(text: str) -> PurePosixPath | None:
    """Return an entry's path relative to the root; None for the root itself."""
    name = PurePosixPath(text.lstrip("/"))
    if ".." in name.parts:
        raise ImageFormatError(f"A layer has an entry {text!r} that points outside of the image.")
    return name if name.parts else None


def _checked_whiteout(name: str) -> str:
    hidden = name.removeprefix(_WHITEOUT)
    if hidden in ("", ".", ".."):
        raise ImageFormatError(f"A layer has a whiteout {name!r} that hides nothing inside of the image.")
    return hidden


def _place(archive: LayerTar, member: Header, root: Path, target: Path) -> None:
    if member.kind == DIRECTORY:
        if target.is_symlink() or not target.is_dir():
            _remove(target)
            target.mkdir()
        # The owner must be able to fill it; the sticky bit of /tmp may stay, setuid and setgid may not.
        target.chmod(member.mode & 0o1777 | 0o700)
    elif member.kind == SYMLINK:
        _remove(target)
        target.symlink_to(member.link)
    elif member.kind == HARD_LINK:
        _hard_link(member, root, target)
    elif member.is_file:
        _remove(target)
        _write(archive.content(), member, target)
    else:
        return
    if os.geteuid() == 0 and member.kind != HARD_LINK:
        if not (0 <= member.uid <= _LARGEST_ID and 0 <= member.gid <= _LARGEST_ID):
            raise ImageFormatError(
                f"A layer gives {_shown(member.name)} to {member.uid}:{member.gid}, which is nobody."
            )
        os.chown(target, member.uid, member.gid, follow_symlinks=False)


def _hard_link(member: Header, root: Path, target: Path) -> None:
    name = _checked_name(member.link)
    original = resolve_inside(root, name.parent) / name.name if name else root
    if original == target:
        return
    if not original.is_symlink() and not original.is_file():
        raise ImageFormatError(f"A layer links {_shown(member.name)} to {_shown(member.link)}, which is no file.")
    _remove(target)
    os.link(original, target, follow_symlinks=False)


def _write(content: BinaryIO, member: Header, target: Path) -> None:
    with target.open("xb") as file:
        shutil.copyfileobj(content, file, _CHUNK)
    target.chmod(member.mode & 0o777 | 0o400)
    # Bytecode files name the time of their source, so that times must survive.
    time = member.mtime if 0 <= member.mtime < _LAST_TIME else 0
    os.utime(target, (time, time))


def _shown(name: str) -> str:
    return ascii(name[:200])


def _clear(directory: Path, made: set[Path]) -> None:
    """Remove what lower layers put into a directory; what this layer has put there already stays."""
    for child in directory.iterdir():
        if child not in made and not any(child in path.parents for path in made):
            _remove(child)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        path.unlink(missing_ok=True)


def _make_parents(root: Path, directory: Path) -> None:
    """Make the directory of an entry where a layer forgot to list it."""
    if directory.is_dir():
        return
    refusal = ImageFormatError(f"A layer puts a file below {directory.name!r}, which is no directory.")
    if root not in directory.parents:
        raise refusal
    try:
        directory.mkdir(parents=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise refusal from error


def _make_private(directory: Path) -> None:
    """Make sure that nobody else has access to what is unpacked: a container runs whatever lies there.

    What lies in a directory that others could enter (an older version made such) is thrown away.

    Raises:
        NautiloidError: The directory belongs to somebody else.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    status = directory.lstat()
    if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
        raise NautiloidError(
            f"{directory} is not a directory of yours, and images that lie there could be anybody's.",
            "Remove it, or choose another cache with NAUTILOID_CACHE.",
        )
    if status.st_mode & 0o077:
        directory.chmod(0o700)
        for path in directory.iterdir():
            remove_tree(path)


def _give_name(temporary: Path, root: Path) -> None:
    try:
        temporary.rename(root)
    except OSError:
        if not root.is_dir():
            raise
