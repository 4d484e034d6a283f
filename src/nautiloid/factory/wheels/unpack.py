"""Put a wheel into a tree: what ``pip install`` would have written, without running anything of it.

``installer`` reads the wheel (PEP 427) and says where each file belongs; the bytes stay in the wheel until a layer is
written. No console scripts are made: an image has one entry point, and ``python -m`` runs the rest.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.exceptions import InstallerError
from installer.sources import WheelFile

from nautiloid import bounds
from nautiloid.errors import IntegrityError
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.factory.rootfs.content import Literal, ZipMember
from nautiloid.factory.rootfs.tree import Node, Origin, Tree

_ENCRYPTED = 1  # general purpose bit flag 0 (APPNOTE.TXT 4.4.4)

_DATA_SCHEMES = {
    "purelib": "{site}",
    "platlib": "{site}",
    "data": "usr/local",
    "headers": None,
    "scripts": None,
}


def add_wheel(tree: Tree, path: Path, wheel: LockedWheel, site: str, layer: str) -> zipfile.ZipFile:
    """Add a wheel's files to the tree; the returned archive must stay open until the layers are written.

    Args:
        tree: Where to add.
        path: The verified wheel on this machine.
        wheel: Its entry in the lock.
        site: The image's site-packages directory, without leading slash.
        layer: The layer that its files belong to.

    Raises:
        IntegrityError: The file is no well-formed wheel, or one of its paths leads out of where it belongs.
    """
    origin = Origin(layer, f"wheel:{wheel.name}")
    with _named_faults(wheel):
        # Opened by hand: the store names files by hash, and installer wants the wheel's own name.
        archive = zipfile.ZipFile(path)
        source = _NamedWheel(archive, wheel.filename)
        source.validate_record(validate_contents=False)
    for info in archive.infolist():
        _check_member(info, wheel)
        place = _place(info.filename, source.data_dir, site, wheel)
        if place is None or info.is_dir():
            continue
        mode = 0o755 if (info.external_attr >> 16) & 0o111 else 0o644
        identity = f"wheel:{wheel.sha256}:{info.filename}"
        tree.file(place, ZipMember(archive, info, identity), origin, mode)
    tree.file(f"{site}/{source.dist_info_dir}/INSTALLER", Literal(b"nautiloid\n"), origin)
    return archive


def wheel_paths(path: Path, wheel: LockedWheel, site: str) -> list[str]:
    """Return the image paths of what a wheel brings, as ``add_wheel`` would place it.

    Raises:
        IntegrityError: The file is no well-formed wheel, or one of its paths leads out of where it belongs.
    """
    with _named_faults(wheel), zipfile.ZipFile(path) as archive:
        data_dir = _NamedWheel(archive, wheel.filename).data_dir
        places = (_place(name, data_dir, site, wheel) for name in archive.namelist() if not name.endswith("/"))
        return [posixpath.normpath(place) for place in places if place is not None]


@contextmanager
def _named_faults(wheel: LockedWheel) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, InstallerError, NotImplementedError, ValueError, KeyError, OSError) as error:
        raise IntegrityError(f"{wheel.filename} is not a well-formed wheel: {error}") from error


def _check_member(info: zipfile.ZipInfo, wheel: LockedWheel) -> None:
    """Refuse a member that could not be read, or would be read for ever, before anything is written."""
    if info.flag_bits & _ENCRYPTED:
        raise IntegrityError(f"{wheel.filename} holds an encrypted file: {info.filename!r}")
    if info.file_size > bounds.WHEEL_MEMBER:
        raise IntegrityError(f"{wheel.filename} holds a file of {info.file_size} bytes: {info.filename!r}")


def rewrite_record(tree: Tree, wheel: LockedWheel, site: str) -> None:
    """Make the distribution's RECORD say what is really there, after slimming and with its bytecode.

    Hashes of untouched files are the wheel's own; files made by us (bytecode) are listed without one, as pip does.
    """
    component = f"wheel:{wheel.name}"
    mine = [entry for entry in tree.files() if entry.origin.component == component]
    record = next((entry for entry in mine if entry.path.endswith(".dist-info/RECORD")), None)
    if record is None or record.content is None:
        return
    with record.content.open() as stream:
        known = {row[0]: row for row in csv.reader(io.StringIO(stream.read().decode())) if row}
    rows = [_row(entry, site, known, record.path) for entry in mine]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    tree.change(record.path, content=Literal(text.getvalue().encode()))


def _row(entry: Node, site: str, known: dict[str, list[str]], record_path: str) -> tuple[str, str, str]:
    name = entry.path.removeprefix(f"{site}/")
    if not entry.path.startswith(f"{site}/"):
        name = "../" * (site.count("/") + 1) + entry.path
    if entry.path == record_path or entry.path.endswith(".pyc"):
        return (name, "", "")
    if name in known and isinstance(entry.content, ZipMember):
        return (name, known[name][1], known[name][2])
    assert entry.content is not None  # noqa: S101 - RECORD lists regular files
    with entry.content.open() as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    return (name, f"sha256={encoded}", str(entry.size))


def _place(name: str, data_dir: str, site: str, wheel: LockedWheel) -> str | None:
    """Return the image path of a wheel's member, or None for what an image does without."""
    steps = name.split("/")
    if name.startswith("/") or "\\" in name or ".." in steps:
        raise IntegrityError(f"{wheel.filename} holds a path that leads out of it: {name!r}")
    if steps[0] != data_dir:
        return f"{site}/{name}"
    scheme = _DATA_SCHEMES.get(steps[1]) if len(steps) > 2 else None
    return f"{scheme.format(site=site)}/{'/'.join(steps[2:])}" if scheme else None


class _NamedWheel(WheelFile):
    """A ``WheelFile`` whose name comes from the lock instead of from the file's path."""

    def __init__(self, archive: zipfile.ZipFile, filename: str) -> None:
        archive.filename = filename
        super().__init__(archive)
