"""Native libraries without their symbol tables, kept between builds by the identity of the original."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nautiloid.atomic import atomic_file
from nautiloid.buffer import mapped
from nautiloid.elf.errors import ElfError
from nautiloid.elf.strip import strip_symbols
from nautiloid.errors import NautiloidError
from nautiloid.factory.rootfs.content import Content, FileSlice

_VERSION = "stripped-1"


def without_symbols(content: Content, cache: Path) -> Content:
    """Return the library without its symbol table.

    Args:
        content: A 64-bit little-endian ELF file.
        cache: Where stripped libraries are kept.

    Raises:
        NautiloidError: It is no such file.
    """
    identity = f"{_VERSION}:{content.identity}"
    place = cache / f"{hashlib.sha256(identity.encode()).hexdigest()}.so"
    if not place.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with content.open() as stream, mapped(stream, cache) as original:
            try:
                with atomic_file(place) as stripped:
                    strip_symbols(original, stripped)
            except ElfError as error:
                raise NautiloidError(
                    f"symbols cannot be taken out of a file: {error}", "Name only native libraries in 'strip' rules."
                ) from error
    return FileSlice(place, place.stat().st_size, identity)
