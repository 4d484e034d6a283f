"""Layers as engines read them: whatever Docker would unpack is seen, or the layer is said to be unreadable.

Python's tarfile is stricter than Go's ``archive/tar``, which Docker, containerd and BuildKit use, and quieter: a header
that it does not understand is the end of the archive to it, and what follows is never seen. Here a header is first
brought into a form that says to Python what the original says to Go (``readHeader`` and ``blockV7`` of Go 1.22,
``archive/tar/reader.go``); where that is not possible, or anything but zeros follows the end, it is an error.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Self

from nautiloid.oci.errors import ImageFormatError

_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_NUMBERS = ((100, 8), (108, 8), (116, 8), (124, 12), (136, 12))  # mode, user, group, size, time
_DEVICE_NUMBERS = ((329, 8), (337, 8))
_TYPE, _CHECKSUM, _MAGIC, _PREFIX = slice(156, 157), slice(148, 156), slice(257, 265), slice(345, 500)
_STAR_PREFIX = slice(345, 476)
_ACCESSED = slice(345, 357)  # GNU's own layout has times where POSIX has the prefix
_DEVICES = (tarfile.CHRTYPE, tarfile.BLKTYPE)


@contextmanager
def open_layer_tar(content: BinaryIO) -> Iterator[tarfile.TarFile]:
    """Open an uncompressed layer for reading once, member by member, and read it to its end.

    Raises:
        ImageFormatError: It is not a tar, or not all of it could be read.
    """
    try:
        with tarfile.open(fileobj=content, mode="r|", tarinfo=_Header) as archive:
            yield archive
            _check_rest(archive)
    except tarfile.TarError as error:
        raise ImageFormatError(
            f"Not all of a layer can be read: {error}.", "An engine may unpack what is not seen here: do not trust it."
        ) from error
    while rest := content.read(_CHUNK):  # what lies behind tarfile's own buffer; it counts for the layer's digest
        _check_zeros(rest)


class _Header(tarfile.TarInfo):
    """A header that is read as Go reads it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> Self:
        return super().frombuf(_as_go_reads(bytes(buf)), encoding, errors)  # type: ignore[arg-type]

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        """Read the next header; one that cannot be read is no end."""
        try:
            return super().fromtarfile(tarfile)
        except (_InvalidHeader, _TruncatedHeader) as error:
            raise _Unreadable(f"header at byte {tarfile.offset}: {error}") from error


_InvalidHeader = tarfile.InvalidHeaderError  # type: ignore[attr-defined]
_TruncatedHeader = tarfile.TruncatedHeaderError  # type: ignore[attr-defined]


class _Unreadable(tarfile.ReadError):
    """A header that stays unreadable, which tarfile itself takes for the end."""


def _check_rest(archive: tarfile.TarFile) -> None:
    for _ in archive:  # whoever stopped early: the rest of the members is not the end
        pass
    stream = archive.fileobj
    while stream is not None and (rest := stream.read(_CHUNK)):
        _check_zeros(rest)


def _check_zeros(rest: bytes) -> None:
    if rest.strip(b"\0"):
        raise ImageFormatError(
            "Not all of a layer can be read: something follows its end.",
            "An engine may unpack what is not seen here: do not trust it.",
        )


def _as_go_reads(block: bytes) -> bytes:
    """Return a header block in Python's words; one that Go would refuse too is returned as it is."""
    if len(block) != _BLOCK or not block.strip(b"\0"):
        return block
    stated = _number(block[_CHECKSUM])
    if stated is None or stated not in _sums(block):
        return block
    made = bytearray(block)
    for start, length in _NUMBERS:
        value = _number(block[start : start + length])
        if value is None:
            return block
        made[start : start + length] = _written(value, length)
    is_device = block[_TYPE] in _DEVICES
    for start, length in _DEVICE_NUMBERS:
        value = _number(block[start : start + length])
        if value is None and is_device:
            return block
        made[start : start + length] = _written(value if value and is_device else 0, length)
    if block[_TYPE] != tarfile.GNUTYPE_SPARSE:  # whose map lies there, and whose name goes on nowhere
        made[_PREFIX] = _prefix(block).ljust(155, b"\0")
    made[_CHECKSUM] = b" " * 8
    made[_CHECKSUM] = f"{sum(made):06o}\0 ".encode()
    return bytes(made)


def _prefix(block: bytes) -> bytes:
    """Return what stands before the name: in POSIX's layout, and in a shorter field in star's; others have none."""
    magic = block[_MAGIC]
    if magic.startswith(b"ustar\0"):
        return block[_STAR_PREFIX] if block.endswith(b"tar\0") else block[_PREFIX]
    if magic == b"ustar  \0" and block[_ACCESSED.start] and _number(block[_ACCESSED]) is None:
        # Where GNU has times there are none: an old bug of Go's own writer, which its reader still understands.
        return block[_PREFIX] if block[_PREFIX].isascii() else b""
    return b""


def _number(field: bytes) -> int | None:
    """Read a number as Go's ``parseNumeric`` does: octal between blanks, or base 256 (two's complement)."""
    if field and field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field, "big") & ((1 << bits) - 1)
        value = value - (1 << bits) if field[0] & 0x40 else value
        return value if -(1 << 63) <= value < 1 << 63 else None
    text = field.strip(b" \0").split(b"\0", 1)[0]
    if not text:
        return 0
    return int(text, 8) if all(0x30 <= digit <= 0x37 for digit in text) else None


def _written(value: int, length: int) -> bytes:
    """Write a number so that Python reads it."""
    if 0 <= value < 8 ** (length - 1):
        return f"{value:0{length - 1}o}\0".encode()
    room = 8 * (length - 1)
    if not -(1 << room) <= value < 1 << room:
        value = max(-(1 << room), min(value, (1 << room) - 1))
    return (b"\xff" if value < 0 else b"\x80") + (value % (1 << room)).to_bytes(length - 1, "big")


def _sums(block: bytes) -> tuple[int, int]:
    """Return both checksums of a header, its own field counted as blanks: of unsigned bytes, and of signed ones."""
    others = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    unsigned = sum(others)
    return unsigned, unsigned - 256 * sum(1 for byte in others if byte & 0x80)
