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
    ("a-global-pax-header", header("pax", kind=b"g", size=16) + b"16 comment=octop\n"[:16] + bytes(496)),
)

UNREADABLE = (
    ("a-lone-zero-block", bytes(512)),
    ("two-zero-blocks", bytes(1024)),
    ("a-wrong-checksum", header("odd", fields={148: b"000001\0 "}, checksum=False)),
    ("a-rubbish-size", header("odd", fields={124: b"octopus\0"})),
    ("a-rubbish-user", header("odd", fields={108: b"whale\0"})),
    ("a-rubbish-device", header("odd", kind=b"3", fields={329: b"octopus\0"})),
    ("a-block-of-text", b"octopus " * 64),
    ("more-content-than-there-is", header("odd", size=1 << 30)),
)
