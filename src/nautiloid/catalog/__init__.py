"""The image definitions that ship with Nautiloid, and the files that they put into images."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def names() -> list[str]:
    """Return the names of the images in the catalog, sorted."""
    return sorted(path.stem for path in _HERE.glob("*.yaml"))


def find(name: str) -> Path | None:
    """Return the definition file of a catalog image, or None when there is none of that name."""
    path = _HERE / f"{name}.yaml"
    return path if "/" not in name and path.is_file() else None


def files_directory() -> Path:
    """Return the directory that ``catalog:`` names in a definition's ``files``."""
    return _HERE / "files"


def workloads_directory() -> Path:
    """Return the directory that ``workloads:`` names: in the installed package, or in a source checkout."""
    packaged = _HERE / "workloads"
    return packaged if packaged.is_dir() else _HERE.parents[2] / "workloads"
