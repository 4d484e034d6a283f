"""The image definitions that ship with Nautiloid, their variants, and the files that they put into images.

A variant is laid over any definition of the catalog, and named by a suffix: ``pytorch-trixie`` is ``pytorch`` on
Debian 13, ``pytorch-rolling`` on Debian's testing, ``pytorch-trixie-dev`` the first with a shell, apt, pip and headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent

RELEASES = ("trixie", "rolling")
"""Variants that say which Debian it is; a name has one of them at most."""
VARIANTS = (*RELEASES, "dev")
"""In the order in which their suffixes stand and in which they are laid over."""


@dataclass(frozen=True)
class CatalogEntry:
    """An image of the catalog: a definition, and the variants to lay over it, in order."""

    definition: Path
    variants: tuple[str, ...] = ()


def names() -> list[str]:
    """Return the names of the images in the catalog, sorted, without those that only a variant makes."""
    return sorted(path.stem for path in _HERE.glob("*.yaml"))


def find(name: str) -> CatalogEntry | None:
    """Return the catalog's entry for a name such as ``pytorch`` or ``python-trixie-dev``, or None."""
    base = name
    variants: list[str] = []
    for variant in reversed(VARIANTS):
        if base.endswith(f"-{variant}") and not (variant in RELEASES and set(variants) & set(RELEASES)):
            base = base.removesuffix(f"-{variant}")
            variants.insert(0, variant)
    path = _HERE / f"{base}.yaml"
    return CatalogEntry(path, tuple(variants)) if "/" not in name and path.is_file() else None


def variant_files(variant: str, *, python: bool) -> tuple[Path, ...]:
    """Return what a variant lays over a definition; what concerns Python is in a file of its own."""
    candidates = [_HERE / "variants" / f"{variant}.yaml"]
    if python:
        candidates.append(_HERE / "variants" / f"{variant}.python.yaml")
    return tuple(path for path in candidates if path.is_file())


def files_directory() -> Path:
    """Return the directory that ``catalog:`` names in a definition's ``files``."""
    return _HERE / "files"


def vex_documents() -> tuple[Path, ...]:
    """Return the OpenVEX documents about what images of the catalog are made of."""
    return tuple(sorted((_HERE / "vex").glob("*.openvex.json")))


def workloads_directory() -> Path:
    """Return the directory that ``workloads:`` names: in the installed package, or in a source checkout."""
    packaged = _HERE / "workloads"
    return packaged if packaged.is_dir() else _HERE.parents[2] / "workloads"
