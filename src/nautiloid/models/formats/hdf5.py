"""HDF5: the attributes of its root group, where Keras keeps a model's description; all else in it is arrays.

Source: "HDF5 File Format Specification", version 3.0. What is not read here, such as attributes in a heap of their own,
is never taken for absent: every place where the attribute's name stands in the file must have been read.
"""

from __future__ import annotations

from collections.abc import Iterator

from nautiloid.models.formats.keras import read_config
from nautiloid.models.limits import LARGEST_HEADER, Budget
from nautiloid.models.span import Span
from nautiloid.models.verdict import Judgement, Reason, cannot_tell

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CONFIG = b"model_config"
_ATTRIBUTE, _CONTINUATION, _ATTRIBUTES_ELSEWHERE = 0x0C, 0x10, 0x15
_FIXED_TEXT, _VARIABLE = 3, 9
_NOWHERE = b"\xff" * 8


def begins_hdf5(head: bytes) -> int:
    """Return where an HDF5 file begins in another file's first bytes (512, 1024, ... may precede); -1: nowhere."""
    return next((at for at in (0, 512, 1024, 2048) if head[at : at + 8] == SIGNATURE), -1)


def read_hdf5(content: Span, budget: Budget) -> Judgement:
    """Judge an HDF5 file.

    Raises:
        TooMuchError: It is too large.
    """
    written = _count(content, _CONFIG, budget)
    if not written:
        # Attributes are filtered only in a heap of their own that says so.
        heap = content.find(b"FRHP")
        packed = heap >= 0 and content.number(heap + 7, 2) > 0
        return Judgement.of("HDF5", [cannot_tell("its attributes are compressed")] if packed else [])
    reasons: list[Reason] = []
    found = 0
    try:
        for name, value in _attributes(content, budget):
            if name == _CONFIG:
                found += 1 + _count(value, _CONFIG, budget)
                reasons += read_config(value.content.rstrip(b"\0"), budget)
    except ValueError as error:
        reasons.append(cannot_tell(f"its attributes cannot be read: {error}"))
    if found != written:
        reasons.append(cannot_tell("the name of a model's description stands where it cannot be read"))
    return Judgement.of("Keras model (HDF5)", reasons)


def _count(content: Span, wanted: bytes, budget: Budget) -> int:
    count, at = 0, content.find(wanted)
    while at >= 0:
        budget.step()
        count += 1
        at = content.find(wanted, at + 1)
    return count


def _attributes(content: Span, budget: Budget) -> Iterator[tuple[bytes, Span]]:
    """Yield the attributes of the root group.

    Raises:
        ValueError: They are kept in a way that is not read here.
    """
    version = content.number(8, 1)
    if content.number(13 if version < 2 else 9, 1) != 8:
        raise ValueError("its addresses are not of 8 bytes")
    # In superblock 0 the root's entry follows four addresses; version 1 has four bytes more.
    root = content.number(24 + 4 * version + 4 * 8 + 8 if version < 2 else 12 + 3 * 8, 8)
    for kind, message in _messages(content, root, budget):
        if kind == _ATTRIBUTE:
            yield _attribute(content, message)
        elif kind == _ATTRIBUTES_ELSEWHERE:
            flags = message.number(1, 1)
            heap = message.read(2 + (2 if flags & 1 else 0), 8)
            if heap != _NOWHERE:
                raise ValueError("they are in a heap of their own")


def _messages(content: Span, at: int, budget: Budget) -> Iterator[tuple[int, Span]]:
    """Yield the messages of an object header, version 1 or 2."""
    if content.read(at, 4) == b"OHDR":
        flags = content.number(at + 5, 1)
        start = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        first = start + width
        blocks = [(first, first + content.number(start, width))]
        head = 6 if flags & 4 else 4
        yield from _blocks(content, blocks, head, budget, newer=True)
        return
    if content.number(at, 1) != 1:
        raise ValueError("an object header has an unknown version")
    yield from _blocks(content, [(at + 16, at + 16 + content.number(at + 8, 4))], 8, budget, newer=False)


def _blocks(
    content: Span, blocks: list[tuple[int, int]], head: int, budget: Budget, *, newer: bool
) -> Iterator[tuple[int, Span]]:
    seen = set()
    while blocks:
        at, end = blocks.pop(0)
        if at in seen:
            raise ValueError("an object header leads in a circle")
        seen.add(at)
        while at + head <= end:
            budget.step()
            kind = content.number(at, 1 if newer else 2)
            size = content.number(at + (1 if newer else 2), 2)
            if content.number(at + (3 if newer else 4), 1) & 2:
                raise ValueError("a message is shared with other objects")
            message = content.part(at + head, at + head + size)
            if kind == _CONTINUATION:
                place, length = message.number(0, 8), message.number(8, 8)
                blocks.append((place + 4, place + length - 4) if newer else (place, place + length))
            yield kind, message
            at += head + size


def _attribute(content: Span, message: Span) -> tuple[bytes, Span]:
    """Return an attribute's name and value (message 0x0C, versions 1 to 3)."""
    version = message.number(0, 1)
    if version > 1 and message.number(1, 1):
        raise ValueError("an attribute's type is shared")
    sizes = [message.number(place, 2) for place in (2, 4, 6)]
    at = 9 if version == 3 else 8
    name = message.exactly(at, sizes[0]).rstrip(b"\0")
    places = []
    for size in sizes:
        places.append(at)
        at += -(-size // 8) * 8 if version == 1 else size
    kind = message.number(places[1], 1) & 0x0F
    if name != _CONFIG:
        return name, message.part(0, 0)
    if kind == _FIXED_TEXT:
        return name, message.part(at, at + message.number(places[1] + 4, 4))
    if kind == _VARIABLE:
        return name, _from_heap(content, message.number(at, 4), message.number(at + 4, 8), message.number(at + 12, 4))
    raise ValueError("a model's description is no text")


def _from_heap(content: Span, length: int, heap: int, wanted: int) -> Span:
    """Return an object of a global heap."""
    if content.read(heap, 4) != b"GCOL" or length > LARGEST_HEADER:
        raise ValueError("a text is not in a heap")
    at, end = heap + 16, heap + content.number(heap + 8, 8)
    while at + 16 <= end:
        index, size = content.number(at, 2), content.number(at + 8, 8)
        if index == wanted:
            return content.part(at + 16, at + 16 + length)
        if not index:
            break
        at += 16 + -(-size // 8) * 8
    raise ValueError("a text is not in its heap")
