"""Zip archives, read as loaders do that forgive much: what zip libraries disagree about is found and said.

Source: PKWARE's APPNOTE 6.3.10. PyTorch's own reader ignores checksums and flags, and lists what its directory lists.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nautiloid.models.containers.packed import beginning, unpacked
from nautiloid.models.limits import Budget
from nautiloid.models.span import Span, SpanStream
from nautiloid.models.verdict import Reason, cannot_tell, suspicious

_LOCAL = b"PK\x03\x04"
_METHODS = {0: "", 8: "deflate", 12: "bzip2"}
_ENCRYPTED = 0x1
_LARGEST_DESCRIPTOR = 24


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive.

    Attributes:
        packing: As ``containers.packed`` calls it; empty for stored.
        packed: Its bytes as they stand in the archive.
        size: Its size in bytes, as the archive says.
    """

    name: str
    packing: str
    packed: Span
    size: int

    def head(self, most: int) -> bytes:
        """Return its first bytes; none where they are damaged."""
        if not self.packing:
            return self.packed.read(0, most)
        try:
            return beginning(self.packing, self.packed.read(0, most), most)
        except ValueError:
            return b""

    @contextmanager
    def content(self, budget: Budget) -> Iterator[tuple[Span, str]]:
        """Lend its content, and why that is not whole, if it is not.

        Raises:
            TooMuchError: It is too large.
        """
        if not self.packing:
            yield self.packed, ""
            return
        with unpacked(self.packing, self.packed, budget) as found:
            yield found


def members_of(content: Span, budget: Budget) -> tuple[list[Member], list[Reason]]:
    """Return the members of an archive, and what is wrong with it.

    Raises:
        TooMuchError: There are too many.
    """
    try:
        # zipfile's own checks of a member (checksum, encryption) are not asked: other loaders have none.
        with zipfile.ZipFile(SpanStream(content)) as archive:
            listed = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
        return _without_directory(content, budget), [suspicious(f"its directory cannot be read: {error}")]
    reasons: list[Reason] = []
    found: list[Member] = []
    reached = 0
    names = set()
    for entry in sorted(listed, key=lambda entry: entry.header_offset):
        budget.member()
        if entry.filename in names:
            reasons.append(suspicious(f"it holds {entry.filename} twice"))
        names.add(entry.filename)
        if entry.flag_bits & _ENCRYPTED:
            reasons.append(suspicious(f"it calls {entry.filename} encrypted"))
        local = _local(content, entry.header_offset)
        if local is None:
            reasons.append(suspicious(f"{entry.filename} has no header of its own"))
            continue
        name, method, start = local
        if name != entry.orig_filename or method != entry.compress_type:
            reasons.append(suspicious(f"{entry.filename} has another header than the directory says"))
        if _hidden(content, reached, entry.header_offset):
            reasons.append(suspicious(f"bytes before {entry.filename} belong to no member"))
        if entry.header_offset < reached:
            reasons.append(suspicious(f"{entry.filename} lies within another member"))
        reached = start + entry.compress_size
        for packing in {_METHODS.get(method), _METHODS.get(entry.compress_type)}:
            if packing is None:
                reasons.append(cannot_tell(f"{entry.filename} is compressed in a way that is not known"))
                continue
            found.append(Member(entry.filename, packing, content.part(start, reached), entry.file_size))
    return found, reasons


def _local(content: Span, at: int) -> tuple[str, int, int] | None:
    """Return the name, the method and the content's place that a member's own header names."""
    header = content.read(at, 30)
    if at < 0 or len(header) < 30 or header[:4] != _LOCAL:
        return None
    length, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    coding = "utf-8" if header[7] & 0x8 else "cp437"
    name = content.read(at + 30, length).decode(coding, "replace")
    return name, int.from_bytes(header[8:10], "little"), at + 30 + length + extra


def _hidden(content: Span, start: int, end: int) -> bool:
    """Tell whether something is between two members that is more than a data descriptor or padding."""
    gap = content.read(start, min(end - start, 1 << 20)) if end > start else b""
    return len(gap.strip(b"\0")) > _LARGEST_DESCRIPTOR


def _without_directory(content: Span, budget: Budget) -> list[Member]:
    """Find members by their own headers."""
    found: list[Member] = []
    at = content.find(_LOCAL)
    while at >= 0:
        budget.member()
        local = _local(content, at)
        size = int.from_bytes(content.read(at + 18, 4), "little")
        if local is not None and (packing := _METHODS.get(local[1])) is not None:
            following = content.find(_LOCAL, at + 4)
            end = local[2] + size if size and size != 0xFFFFFFFF else following if following > 0 else len(content)
            found.append(Member(local[0], packing, content.part(local[2], end), end - local[2]))
        at = content.find(_LOCAL, at + 4)
    return found
