"""Tar headers as hostile, old or careless writers make them."""

from __future__ import annotations

from collections.abc import Mapping

_V7, _GNU, _POSIX = bytes(8), b"ustar  \0", b"ustar\x0000"


def header(
    name: str,
    *,
    size: int = 0,
    kind: bytes = b"0",
    magic: bytes = _POSIX,
    fields: Mapping[int, bytes] | None = None,
    checksum: bool = True,
) -> bytes:
    """Return one header block.

    Args:
        name: Of the entry.
        size: Of the content that follows.
        kind: The type flag.
        magic: Magic and version.
        fields: Bytes that are put in afterwards, by their place.
        checksum: Whether the checksum is of what stands there in the end.
    """
    block = bytearray(512)
    block[: len(name)] = name.encode()
    for place, number, length in ((100, 0o644, 8), (108, 0, 8), (116, 0, 8), (124, size, 12), (136, 0, 12)):
        block[place : place + length] = f"{number:0{length - 1}o}\0".encode()
    block[156:157] = kind
    block[257:265] = magic
    if not checksum:
        _sum(block)
    for place, content in (fields or {}).items():
        block[place : place + len(content)] = content
    if checksum:
        _sum(block)
    return bytes(block[:512])


def entry(name: str, content: bytes = b"") -> bytes:
    """Return a whole entry."""
    return header(name, size=len(content)) + content + bytes(-len(content) % 512)


def records(*pairs: tuple[str, str], kind: bytes = b"x", sign: str = "") -> bytes:
    """Return a header of extended records; ``sign`` stands before their lengths."""
    content = b""
    for key, value in pairs:
        rest = f" {key}={value}\n".encode()
        length = len(rest) + len(sign) + 1
        length += len(str(length + 1)) - 1
        content += f"{sign}{length}".encode() + rest
    return entry_of_kind(kind, content)


def entry_of_kind(kind: bytes, content: bytes) -> bytes:
    """Return a header of a kind that goes on in its content."""
    return header("extension", kind=kind, size=len(content)) + content + bytes(-len(content) % 512)


def odd_layer(odd: bytes) -> bytes:
    """Return a layer that has something worth hiding behind an odd header."""
    return entry("first", b"1") + odd + entry("key.pem", b"secret") + entry("usr/bin/su", b"#!") + bytes(1024)


def _sum(block: bytearray) -> None:
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()


def _base256(value: int, length: int) -> bytes:
    return b"\x80" + value.to_bytes(length - 1, "big")


_RUBBISH = b"\xc3\xa9rubbis"

ODD = (
    ("rubbish-devices-v7", header("odd", magic=_V7, fields={329: _RUBBISH, 337: _RUBBISH})),
    ("high-bit-devices-gnu", header("odd", magic=_GNU, fields={329: b"\x81" + b"z" * 7, 337: b"\xff" * 8})),
    ("high-bit-devices-posix", header("odd", fields={329: b"\x90" + bytes(7)})),
    ("base-256-size", header("odd", fields={124: _base256(0, 12)})),
    ("base-256-size-with-content", header("odd", fields={124: _base256(5, 12)}) + b"12345" + bytes(507)),
    ("base-256-user", header("odd", fields={108: _base256(1_000_000, 8)})),
    ("base-256-user-of-more-bits", header("odd", fields={108: b"\x80\x00\x00\x00" + b"\x7f" * 4})),
    ("base-256-negative-time", header("odd", fields={136: b"\xff" * 12})),
    ("blanks-around-numbers", header("odd", fields={100: b"   644 \0", 108: b" 0 \0\0\0\0\0"})),
    ("empty-numbers", header("odd", fields={100: bytes(8), 108: bytes(8), 116: b" " * 8, 136: bytes(12)})),
    ("nothing-after-a-nul", header("odd", fields={108: b"1\0junk\0\0"})),
    ("times-where-the-prefix-is", header("odd", magic=_GNU, fields={345: b"14000000000\0", 357: b"14000000000\0"})),
    ("an-old-directory", header("odd/", kind=b"\0", magic=_V7)),
    ("a-prefix-in-v7", header("odd", magic=_V7, fields={345: b"\x80" * 100})),
    ("a-global-pax-header", header("pax", kind=b"g", size=17) + b"17 comment=octop\n" + bytes(495)),
)

_DECOY = header("decoy", size=2048)  # to whoever takes it for a header, it swallows what follows


def _map(parts: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("GNU.sparse.map", parts), ("GNU.sparse.numblocks", str((parts.count(",") + 1) // 2))


RECORDS = (
    ("an-empty-path", records(("path", "")) + entry("odd")),
    ("an-empty-size", records(("size", "")) + header("odd", size=512) + _DECOY),
    ("a-path-for-all", records(("path", "everywhere"), kind=b"g") + entry("odd")),
    ("a-size-for-all", records(("size", "2048"), kind=b"g") + entry("odd")),
    ("a-signed-length", records(("path", "signed"), sign="+") + entry("odd")),
    ("the-second-counts", records(("size", "2048")) + records(("path", "second")) + entry("odd")),
    ("a-name-without-holes", records(("GNU.sparse.name", "")) + entry("odd")),
    ("another-name-without-holes", records(("GNU.sparse.name", "elsewhere")) + entry("odd")),
    ("a-size-without-holes", records(("GNU.sparse.size", "0")) + header("odd", size=512) + _DECOY),
    ("a-real-size-without-holes", records(("GNU.sparse.realsize", "0")) + header("odd", size=512) + _DECOY),
    ("an-unknown-map", records(("GNU.sparse.major", "2"), ("GNU.sparse.map", "0,1")) + entry("odd")),
    ("a-map", records(*_map("0,3"), ("GNU.sparse.size", "9")) + entry("odd", b"abc")),
    ("both-kinds-of-names", records(("path", "posix")) + entry_of_kind(b"L", b"gnu\0") + entry("odd")),
    ("binary-names", records(("hdrcharset", "BINARY"), ("path", "\u00e4")) + entry("odd")),
    ("a-record-for-a-directory", records(("size", "2048")) + header("odd", kind=b"5")),
)

UNREADABLE = (
    ("a-record-without-end", entry_of_kind(b"x", b"11 path=odd") + entry("odd")),
    ("a-record-beyond-its-header", entry_of_kind(b"x", b"99 path=odd\n") + entry("odd")),
    ("a-record-with-a-nul", records(("path", "a\0b")) + entry("odd")),
    ("a-size-that-is-none", records(("size", "1_0")) + entry("odd")),
    ("a-time-that-is-none", records(("mtime", "nan")) + entry("odd")),
    ("records-beyond-bounds", records(("comment", "x" * (1 << 20))) + entry("odd")),
    ("holes-that-overlap", records(*_map("0,3,1,3")) + entry("odd", b"abcdef")),
    ("holes-beyond-all-bounds", header("odd", kind=b"S", magic=_GNU, fields={483: _base256((1 << 63) - 1, 12)})),
    ("a-lone-zero-block", bytes(512)),
    ("two-zero-blocks", bytes(1024)),
    ("a-wrong-checksum", header("odd", fields={148: b"000001\0 "}, checksum=False)),
    ("a-rubbish-size", header("odd", fields={124: b"octopus\0"})),
    ("a-rubbish-user", header("odd", fields={108: b"whale\0"})),
    ("a-rubbish-device", header("odd", kind=b"3", fields={329: b"octopus\0"})),
    ("a-block-of-text", b"octopus " * 64),
    ("more-content-than-there-is", header("odd", size=1 << 30)),
)
