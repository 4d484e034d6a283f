"""Which parts of a sparse file a layer stores, as Go reads it; the rest are zeros.

Sources: GNU tar's manual, "Storing Sparse Files" (the old format, and 0.0, 0.1 and 1.0 in POSIX's records);
``readOldGNUSparseMap``, ``readGNUSparsePAXHeaders`` and ``validateSparseEntries`` of Go 1.22, ``archive/tar``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from nautiloid import bounds
from nautiloid.oci.tar_header import BLOCK, HEADER_ONLY, Header, HeaderError, decoded, number

_OLD_MAP, _OLD_MORE, _OLD_SIZE = slice(386, 482), 482, slice(483, 495)
_NEXT_MAP, _NEXT_MORE = slice(0, 504), 504
_ENTRY, _FIELD = 24, 12


@dataclass(frozen=True, slots=True)
class Part:
    """A stored part of a file: where it begins in the whole, and its length, both in bytes."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.start + self.length


def read_sparse_map(header: Header, block: bytes, read: Callable[[], bytes]) -> tuple[Header, tuple[Part, ...]] | None:
    """Read the map of a sparse file.

    Args:
        header: Of the entry, its records applied.
        block: The header's own block.
        read: Returns the next block of the layer.

    Returns:
        The header with the file's real name and size, and the stored parts; None for a file that is stored whole.

    Raises:
        HeaderError: The map contradicts itself or the header, or is larger than any real one.
    """
    if header.is_old_sparse:
        if not header.is_gnu:
            raise HeaderError("a sparse file in a layout that knows none")
        header, parts = replace(header, size=number(block[_OLD_SIZE])), tuple(_old_map(block, read))
    elif (version := _version(header)) is None:
        return None
    else:
        records = header.records
        size = records.get("GNU.sparse.size") or records.get("GNU.sparse.realsize") or str(header.size)
        header = replace(header, name=records.get("GNU.sparse.name") or header.name, size=_count(size))
        parts = _map_in_content(read) if version == "1.0" else _map_in_records(header)
    if header.kind in HEADER_ONLY or not _is_sound(parts, header.size):
        raise HeaderError("a map of holes that contradicts itself")
    return header, parts


def _version(header: Header) -> str | None:
    major, minor = (header.records.get(f"GNU.sparse.{name}", "") for name in ("major", "minor"))
    if f"{major}.{minor}" in ("0.0", "0.1", "1.0"):
        return f"{major}.{minor}"
    return "0.1" if not major and not minor and header.records.get("GNU.sparse.map") else None


def _old_map(block: bytes, read: Callable[[], bytes]) -> Iterator[Part]:
    entries, more = block[_OLD_MAP], block[_OLD_MORE]
    taken = 0
    while True:
        for at in range(0, len(entries), _ENTRY):
            if entries[at] == 0:
                break
            yield Part(number(entries[at : at + _FIELD]), number(entries[at + _FIELD : at + _ENTRY]))
        if not more:
            return
        taken += BLOCK
        if taken > bounds.LAYER_EXTENSION:
            raise HeaderError("a map of holes that does not end")
        block = read()
        entries, more = block[_NEXT_MAP], block[_NEXT_MORE]


def _map_in_records(header: Header) -> tuple[Part, ...]:
    stated = header.records.get("GNU.sparse.map", "")
    numbers = [_count(value) for value in stated.split(",")] if stated else []
    if len(numbers) != 2 * _count(header.records.get("GNU.sparse.numblocks", "")):
        raise HeaderError("a map of holes of another length than it says")
    return _parts(numbers)


def _map_in_content(read: Callable[[], bytes]) -> tuple[Part, ...]:
    """Read a map of decimal numbers, one a line, that stands before the content in whole blocks."""
    content = bytearray()

    def lines(count: int) -> list[str]:
        while content.count(b"\n") < count:
            if len(content) >= bounds.LAYER_EXTENSION:
                raise HeaderError("a map of holes that does not end")
            content.extend(read())
        return [decoded(bytes(line)) for line in content.split(b"\n", count)[:count]]

    entries = _count(lines(1)[0])
    return _parts([_count(line) for line in lines(1 + 2 * entries)[1:]])


def _parts(numbers: list[int]) -> tuple[Part, ...]:
    return tuple(Part(start, length) for start, length in zip(numbers[::2], numbers[1::2], strict=True))


def _count(value: str) -> int:
    digits = value.removeprefix("+")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 19:
        raise HeaderError(f"{value[:40]!a} is no number in a map of holes")
    return int(digits)


def _is_sound(parts: tuple[Part, ...], size: int) -> bool:
    if size < 0 or any(part.start < 0 or part.length < 0 or part.end > size for part in parts):
        return False
    return all(before.end <= after.start for before, after in pairwise(parts))
