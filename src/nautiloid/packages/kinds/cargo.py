"""Crates of Rust. Programs keep no list of them; their paths in panic messages are found as native libraries are."""

from __future__ import annotations

from typing import ClassVar

from nautiloid.packages.kind import LanguageKind
from nautiloid.versions.semantic import version_key


class Cargo(LanguageKind):
    """Crates of crates.io."""

    name = "Rust"
    purl_types = ("cargo",)
    ecosystems: ClassVar = {"crates.io": version_key}
