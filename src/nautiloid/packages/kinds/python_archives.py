"""Python distributions inside of zip files: zipapps, wheels and eggs that lie around (PEP 441, PEP 427)."""

from __future__ import annotations

from dataclasses import replace

from nautiloid import bounds
from nautiloid.buffer import Buffer, stream_over
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kinds import python_metadata as metadata
from nautiloid.packages.unreadable import UnreadableError, read_whole
from nautiloid.packages.zip_archive import open_zip, read_member, unpacked_name, wanted_members
from nautiloid.packages.zip_layout import disagreements

_SUFFIXES = (".pyz", ".pyzw", ".whl", ".egg", ".pex", ".shiv")
_RECORDS = (".dist-info/METADATA", "EGG-INFO/PKG-INFO")


def wants(path: str) -> bool:
    """Tell whether a file is a zip archive of Python modules."""
    return path.lower().endswith(_SUFFIXES)


def read(path: str, content: Buffer) -> list[Component]:
    """Return the distributions whose metadata are in the archive.

    Raises:
        UnreadableError: It is no readable zip archive.
        PartlyUnreadError: Some of its metadata cannot be read, or other readers may see others.
    """
    components: dict[Component, None] = {}
    left = bounds.ARCHIVE_MEMBERS_READ
    with open_zip(stream_over(content)) as archive:
        members, faults = wanted_members(archive, _is_wanted)
        faults += disagreements(archive, content)
        for info in members:
            name = _spelled(unpacked_name(info))
            try:
                record = read_member(archive, info, content, min(bounds.ARCHIVE_MEMBER, left))
            except UnreadableError as error:
                faults.append(str(error))
                continue
            left -= len(record)
            if metadata.is_nameless(name, record):
                faults.append(f"{info.filename} is metadata without a name or a version")
            components |= dict.fromkeys(metadata.distributions({name: record}))
    found = [
        replace(component, how=Found.ZIPAPP, evidence=f"/{path}!{component.evidence}", files=(path,), confidence=0.95)
        for component in components
    ]
    return read_whole(found, faults)


def _is_wanted(name: str) -> bool:
    return name.endswith(_RECORDS) and metadata.is_metadata(_spelled(name))


def _spelled(name: str) -> str:
    """An egg's own metadata are at its top, where the record of an unpacked one has a directory before it."""
    return f"archive.egg/{name}" if name.startswith("EGG-INFO/") else name
