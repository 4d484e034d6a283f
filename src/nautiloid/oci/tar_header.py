"""One header of a layer's tar, read as Go's ``archive/tar`` reads it, which Docker, containerd and BuildKit use.

Source: ``readHeader``, ``getFormat``, ``parseNumeric`` and ``parsePAXRecord`` of Go 1.22, ``archive/tar/reader.go``,
``format.go`` and ``strconv.go``. Python's ``tarfile`` reads other things into the same bytes: it applies global records
to what follows, takes empty records for values, and skips a record whose length it cannot read; in each of these gaps a
file can hide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

BLOCK = 512
REGULAR, HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
GNU_SPARSE, GNU_LONG_NAME, GNU_LONG_LINK, RECORDS, GLOBAL_RECORDS = b"S", b"L", b"K", b"x", b"g"
HEADER_ONLY = (HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO)
"""Kinds whose size says nothing: no content follows."""

_NAME, _MODE, _UID, _GID = slice(0, 100), slice(100, 108), slice(108, 116), slice(116, 124)
_SIZE, _MTIME, _CHECKSUM, _TYPE = slice(124, 136), slice(136, 148), slice(148, 156), slice(156, 157)
_LINK = slice(157, 257)
_MAGIC, _VERSION, _USER, _GROUP = slice(257, 263), slice(263, 265), slice(265, 297), slice(297, 329)
_MAJOR, _MINOR, _PREFIX, _STAR_PREFIX = slice(329, 337), slice(337, 345), slice(345, 500), slice(345, 476)
_GNU_ACCESSED, _GNU_CHANGED = slice(345, 357), slice(357, 369)  # where POSIX has the prefix
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_TIME = re.compile(r"([+-]?[0-9]{1,19})(?:\.([0-9]*))?")
_LARGEST = 1 << 63


class HeaderError(ValueError):
    """A header that no engine could read either."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a layer says of one entry.

    Attributes:
        kind: The type flag, one byte.
        size: Bytes of content; of a sparse file, holes included.
        mtime: Seconds since 1970.
        link: What a link points at.
        owner: Names of user and group.
        device: Major and minor number.
        records: POSIX's extended records (pax(1)) that belong to this entry.
        is_gnu: Whether it is of GNU's own layout, the only one that has a map of holes in it.
    """

    name: str
    kind: bytes
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    link: str = ""
    owner: tuple[str, str] = ("", "")
    device: tuple[int, int] = (0, 0)
    records: Mapping[str, str] = field(default_factory=dict)
    is_gnu: bool = False

    @property
    def is_file(self) -> bool:
        """Whether it has content of its own (``7`` is POSIX's contiguous file, which is read as a plain one)."""
        return self.kind in (REGULAR, b"7", GNU_SPARSE)

    @property
    def is_old_sparse(self) -> bool:
        """Whether a map of holes follows the header in GNU's old format."""
        return self.kind == GNU_SPARSE


def read_header(block: bytes) -> Header:
    """Read one block.

    Raises:
        HeaderError: Its checksum is wrong, or a number is none.
    """
    stated = _octal(block[_CHECKSUM])
    if not _is_sum(stated, block):
        raise HeaderError("a wrong checksum")
    has_owner, is_gnu = False, False
    prefix = b""
    if block[_MAGIC] == b"ustar\0":
        has_owner, prefix = True, block[_STAR_PREFIX] if block.endswith(b"tar\0") else block[_PREFIX]
    elif block[_MAGIC] == b"ustar " and block[_VERSION] == b" \0":
        has_owner = is_gnu = True
        prefix = _prefix_of_old_go(block)
    kind, name = block[_TYPE], text(block[_NAME])
    return Header(
        name=f"{start}/{name}" if (start := text(prefix)) else name,
        kind=kind,
        size=number(block[_SIZE]),
        mode=number(block[_MODE]),
        uid=number(block[_UID]),
        gid=number(block[_GID]),
        mtime=number(block[_MTIME]),
        link=text(block[_LINK]),
        owner=(text(block[_USER]), text(block[_GROUP])) if has_owner else ("", ""),
        # Go reads the numbers in every header that may have them; GNU tar only those of devices, and it is followed.
        device=(number(block[_MAJOR]), number(block[_MINOR])) if kind in (CHARACTER_DEVICE, BLOCK_DEVICE) else (0, 0),
        is_gnu=is_gnu,
    )


def with_records(header: Header, records: Mapping[str, str]) -> Header:
    """Let extended records replace what the block says; an empty one leaves it as it is.

    Raises:
        HeaderError: A number is none.
    """
    if not records:
        return header
    return replace(
        header,
        name=records.get("path") or header.name,
        link=records.get("linkpath") or header.link,
        size=_integer(records["size"]) if records.get("size") else header.size,
        uid=_integer(records["uid"]) if records.get("uid") else header.uid,
        gid=_integer(records["gid"]) if records.get("gid") else header.gid,
        mtime=_time(records["mtime"]) if records.get("mtime") else header.mtime,
        owner=(records.get("uname") or header.owner[0], records.get("gname") or header.owner[1]),
        records=records,
    )


def as_file_or_directory(header: Header) -> Header:
    """Say which of the two an old header means that has no type."""
    if header.kind != b"\0":
        return header
    return replace(header, kind=DIRECTORY if header.name.endswith("/") else REGULAR)


def parse_records(content: bytes) -> dict[str, str]:
    r"""Read extended records: ``LENGTH KEYWORD=VALUE\n``, where LENGTH counts all of it.

    The two keywords of GNU's sparse format 0.0 that come again and again are joined to the map of format 0.1.

    Raises:
        HeaderError: One of them is not well-formed; Docker refuses the layer then.
    """
    found: dict[str, str] = {}
    sparse: list[str] = []
    at = 0
    while at < len(content):
        blank = content.find(b" ", at, at + 21)
        length = _integer(decoded(content[at:blank])) if blank > 0 else 0
        record = content[blank + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        if length < 5 or at + length > len(content) or not record.endswith(b"\n") or not equals or not key:
            raise HeaderError("a record that is not well-formed")
        at += length
        if b"\0" in (value if key in (b"path", b"linkpath", b"uname", b"gname") else key):
            raise HeaderError("a record with a NUL in it")
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            if (key == b"GNU.sparse.offset") != (len(sparse) % 2 == 0) or b"," in value:
                raise HeaderError("a map of holes in disorder")
            sparse.append(decoded(value))
        else:
            found[decoded(key)] = decoded(value)
    if sparse:
        found["GNU.sparse.map"] = ",".join(sparse)
    return found


def text(content: bytes) -> str:
    """Return what stands before the first NUL."""
    return decoded(content.partition(b"\0")[0])


def decoded(content: bytes) -> str:
    """Return UTF-8 as text; other bytes survive as Python's surrogates."""
    return content.decode("utf-8", "surrogateescape")


def number(content: bytes) -> int:
    """Read a number: octal between blanks, or base 256 (two's complement).

    Raises:
        HeaderError: It is neither, or does not fit into 64 bits.
    """
    if content[0] & 0x80:
        bits = 8 * len(content) - 1
        value = int.from_bytes(content, "big") & ((1 << bits) - 1)
        value = value - (1 << bits) if content[0] & 0x40 else value
        if not -_LARGEST <= value < _LARGEST:
            raise HeaderError("a number beyond all bounds")
        return value
    return _octal(content)


def _octal(content: bytes) -> int:
    digits = content.strip(b" \0").partition(b"\0")[0]
    if digits.strip(b"01234567"):
        raise HeaderError(f"{decoded(content)!a} is no number")
    return int(digits, 8) if digits else 0


def _integer(value: str) -> int:
    if not _INTEGER.fullmatch(value) or not -_LARGEST <= int(value) < _LARGEST:
        raise HeaderError(f"{value[:40]!a} is no number")
    return int(value)


def _time(value: str) -> float:
    found = _TIME.fullmatch(value)
    if not found:
        raise HeaderError(f"{value[:40]!a} is no time")
    return float(f"{found[1]}.{found[2] or 0}")


def _prefix_of_old_go(block: bytes) -> bytes:
    """Return the prefix that Go's own writer once put where GNU has times, and that its reader still understands."""
    for times in (_GNU_ACCESSED, _GNU_CHANGED):
        try:
            _ = block[times.start] and number(block[times])
        except HeaderError:
            prefix = block[_PREFIX].partition(b"\0")[0]
            return prefix if prefix.isascii() else b""
    return b""


def _is_sum(stated: int, block: bytes) -> bool:
    """Compare with both sums of a header, its own field counted as blanks: of unsigned bytes, and of signed ones."""
    own = block[_CHECKSUM]
    unsigned = sum(block) - sum(own) + 8 * 0x20
    if stated == unsigned:
        return True
    others = block[: _CHECKSUM.start] + block[_CHECKSUM.stop :]
    return stated == unsigned - 256 * sum(byte >> 7 for byte in others)
