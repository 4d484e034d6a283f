"""Python distributions inside of zip files: zipapps, wheels and eggs that lie around (PEP 441, PEP 427)."""

from __future__ import annotations

from dataclasses import replace

from nautiloid.buffer import Buffer, stream_over
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kinds import python_metadata as metadata
from nautiloid.packages.zip_archive import inflate, open_zip

_SUFFIXES = (".pyz", ".pyzw", ".whl", ".egg", ".pex", ".shiv")
_LARGEST = 1 << 30
_LARGEST_RECORD = 16 << 20
_RECORDS = (".dist-info/METADATA", "EGG-INFO/PKG-INFO")


def wants(path: str, size: int) -> bool:
    """Tell whether a file is a zip archive of Python modules."""
    return path.endswith(_SUFFIXES) and size <= _LARGEST


def read(path: str, content: Buffer) -> list[Component]:
    """Return the distributions whose metadata are in the archive.

    Raises:
        UnreadableError: It is no readable zip archive.
    """
    with open_zip(stream_over(content)) as archive:
        records = {
            _spelled(name): inflate(archive, name, _LARGEST_RECORD)
            for name in archive.namelist()
            if name.endswith(_RECORDS) and metadata.is_metadata(_spelled(name))
        }
    found = metadata.distributions(records)
    return [
        replace(component, how=Found.ZIPAPP, evidence=f"/{path}!{component.evidence}", files=(path,), confidence=0.95)
        for component in found
    ]


def _spelled(name: str) -> str:
    """An egg's own metadata are at its top, where the record of an unpacked one has a directory before it."""
    return f"archive.egg/{name}" if name.startswith("EGG-INFO/") else name
