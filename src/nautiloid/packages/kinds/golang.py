"""Go modules, from the build information that the linker leaves in every Go program.

Source: Go's ``debug/buildinfo`` package. Since Go 1.18 two strings with varint lengths follow the 32 byte header;
before, the header held the addresses of two string headers.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import ClassVar

from nautiloid import bounds
from nautiloid.elf.reader import Elf
from nautiloid.packages.component import Component, Found
from nautiloid.packages.kind import LanguageKind
from nautiloid.packages.purl import purl
from nautiloid.packages.unreadable import UnreadableError
from nautiloid.versions.semantic import version_key

_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_INLINE, _BIG_ENDIAN = 2, 1
_GO_VERSION = re.compile(r"go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)")


class Golang(LanguageKind):
    """Modules of Go."""

    name = "Go"
    purl_types = ("golang",)
    ecosystems: ClassVar = {"Go": version_key}

    def in_native(self, path: str, elf: Elf) -> tuple[Component, ...]:
        """Return the standard library and the modules that a Go program was built from; none for any other file."""
        place = elf.sections.get(".go.buildinfo")
        if place is None and ".note.go.buildid" not in elf.sections:
            return ()
        start, end = (place[0], place[0] + place[1]) if place else (0, len(elf.content))
        at = elf.content.find(_MAGIC, start, end)
        if at < 0:
            return ()
        version, text = _strings(elf, at)
        return tuple(_components(path, version, text))


def _strings(elf: Elf, at: int) -> tuple[str, str]:
    header = bytes(elf.content[at : at + _HEADER])
    if len(header) < _HEADER:
        return "", ""
    if header[15] & _INLINE:
        version, behind = _counted(elf, at + _HEADER)
        text, _ = _counted(elf, behind)
    else:
        version, text = (_behind_pointer(elf, header, offset) for offset in (16, 16 + header[14]))
    # 16 bytes on each side of the module information are a marker for those who look for it in memory.
    framed = text[16:-16] if len(text) >= 33 and text[-17:-16] == b"\n" else text
    return version.decode("utf-8", "replace"), framed.decode("utf-8", "replace")


def _counted(elf: Elf, at: int) -> tuple[bytes, int]:
    length, shift = 0, 0
    for byte in bytes(elf.content[at : at + 10]):
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return _text(elf, at, length), at + length


def _behind_pointer(elf: Elf, header: bytes, offset: int) -> bytes:
    """Follow the address of a Go string header: an address and a length."""
    size = header[14]
    if size not in (4, 8) or len(header) < offset + size:
        return b""
    form = (">" if header[15] & _BIG_ENDIAN else "<") + ("Q" if size == 8 else "I")
    pointer = elf.offset_of(struct.unpack_from(form, header, offset)[0])
    pair = bytes(elf.content[pointer : pointer + 2 * size]) if pointer is not None else b""
    if len(pair) < 2 * size:
        return b""
    address, length = (struct.unpack_from(form, pair, place)[0] for place in (0, size))
    start = elf.offset_of(address)
    return _text(elf, start, length) if start is not None else b""


def _text(elf: Elf, at: int, length: int) -> bytes:
    if min(length, len(elf.content) - at) > bounds.GO_MODULES:
        raise UnreadableError(f"a Go program with over {bounds.GO_MODULES >> 20} MiB of build information")
    return bytes(elf.content[at : at + length])


def _components(path: str, version: str, text: str) -> Iterator[Component]:
    if match := _GO_VERSION.search(version):
        yield _component(path, "stdlib", match[1], f"built with {version[:60]}")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        fields = line.split("\t")
        if fields[0] not in ("mod", "dep") or len(fields) < 3:
            continue
        replaced = lines[number + 1].split("\t") if number + 1 < len(lines) else [""]
        # "=>" below a module says which one was taken in its place; a path in the file system has no version.
        name, version = replaced[1:3] if replaced[0] == "=>" and len(replaced) > 2 and replaced[2] else fields[1:3]
        yield _component(path, name, version, line.expandtabs(1))


def _component(path: str, name: str, version: str, evidence: str) -> Component:
    namespace, _, last = name.rpartition("/")
    return Component(
        "golang",
        name,
        version,
        purl("golang", namespace, last, version),
        Found.GO,
        f"/{path}: {evidence}",
        files=(path,),
    )
