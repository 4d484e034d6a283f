"""A directory as one tar whose bytes depend on the files alone: the same tree has the same hash on every machine."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import LoadedDefinition, OutsideError
from nautiloid.factory.package_sources import PackageSource

_MODIFIED = 315_532_800  # 1980-01-01, the earliest that zip archives can express
# What tools leave in a source tree, and at its top also what they build and what says how to lock it. A package may
# well be called "build", further below.
_LEFT_OUT = (".git", ".hg", ".svn", "__pycache__", "*.py[co]", ".venv", ".tox", ".nox", ".*_cache", "*.egg-info")
_LEFT_OUT_AT_THE_TOP = ("build", "dist", "venv", "nautiloid.yaml", "*.lock")


def source_directory(source: PackageSource, loaded: LoadedDefinition) -> Path:
    """Return where a source that is a directory of the project lies.

    Raises:
        UsageError: There is no such directory.
        OutsideError: It lies, links followed, outside of the definition's directory.
    """
    root = loaded.path.parent
    directory = (root / (source.path or "")).resolve()
    if not any(directory.is_relative_to(place.resolve()) for place in (root, *loaded.outside)):
        raise OutsideError(
            f"the source of '{source.name}' leads to {directory}, outside of {root}",
            f"If you trust the definition and want that in the image: --allow-outside {directory}",
        )
    if not directory.is_dir():
        raise UsageError(f"the source of '{source.name}' does not exist", f"It was looked for at {directory}.")
    return directory


def pack(directory: Path, into: BinaryIO | None = None) -> str:
    """Write a directory's files as a tar (None: nowhere), and return its sha256.

    Raises:
        UsageError: It holds more than a source tree does, a link that leads out of it, or what is no file.
    """
    digest, total = hashlib.sha256(), 0
    with tarfile.open(fileobj=_Hashed(into, digest), mode="w|", format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
        for path in _members(directory, _LEFT_OUT + _LEFT_OUT_AT_THE_TOP):
            member = _member(path, directory)
            total += member.size
            if total > bounds.SOURCE_TREE:
                most = f"{bounds.SOURCE_TREE >> 20} MiB"
                raise UsageError(f"{directory} holds more than {most}", "Keep data out of a source tree.")
            if member.isreg():
                with path.open("rb") as file:
                    archive.addfile(member, file)
            else:
                archive.addfile(member)
    return digest.hexdigest()


def _members(directory: Path, without: tuple[str, ...] = _LEFT_OUT) -> Iterator[Path]:
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in without):
            continue
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _members(Path(entry.path))


def _member(path: Path, directory: Path) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.relative_to(directory).as_posix())
    member.mtime = _MODIFIED
    if path.is_symlink():
        if not path.resolve().is_relative_to(directory.resolve()) or path.readlink().is_absolute():
            raise UsageError(f"{path} is a link that leads out of {directory}", "Copy what it leads to.")
        member.type, member.linkname = tarfile.SYMTYPE, os.fspath(path.readlink())
    elif path.is_dir():
        member.type, member.mode = tarfile.DIRTYPE, 0o755
    elif path.is_file():
        status = path.stat()
        member.size, member.mode = status.st_size, 0o755 if status.st_mode & 0o100 else 0o644
    else:
        raise UsageError(f"{path} is neither file nor directory", "A source tree holds nothing else.")
    return member


class _Hashed:
    """A file to write to, whose bytes are hashed on the way."""

    def __init__(self, file: BinaryIO | None, digest: hashlib._Hash) -> None:
        self._file = file
        self._digest = digest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data) if self._file else len(data)
