"""Layers that want to blind or to choke whoever reads them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

Tar = bytes
SITE = "usr/lib/python3/dist-packages"
PACKAGE = f"{SITE}/hidden-6.6.6.dist-info/METADATA"
METADATA = b"Metadata-Version: 2.1\nName: hidden\nVersion: 6.6.6\n"
OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n'


def odd_headers() -> Iterator[tuple[str, Tar, Tar]]:
    """Yield what stands before a hidden package and behind it, by name."""
    rubbish = b"\xc3\xa9rubbis"
    decoy = header("decoy", size=2048)
    yield "nothing odd", b"", b""
    yield "rubbish in a v7 header's devices", header("odd", magic=bytes(8), fields={329: rubbish, 337: rubbish}), b""
    yield "a size in base 256", header("odd", fields={124: b"\x80" + bytes(11)}), b""
    yield "an empty size record", records("size", "") + header("odd", size=512) + decoy, b""
    yield "a path record for all that follows", records("path", "everywhere", kind=b"g") + entry("odd", b""), b""
    yield "a length with a sign", records("path", "signed", sign="+") + entry("odd", b""), b""
    yield "two headers of records", records("size", "2048") + records("path", "second") + entry("odd", b""), b""
    yield "a sparse name without holes", records("GNU.sparse.size", "0") + header("odd", size=512) + decoy, b""
    yield "a lone block of zeros", bytes(512), b""
    yield "a wrong checksum", header("odd", checksum=False), b""


def plain() -> Tar:
    """Return a layer with a package and nothing odd."""
    return entry("etc/os-release", OS_RELEASE) + entry(PACKAGE, METADATA) + bytes(1024)


def many_files(count: int) -> Iterator[bytes]:
    """Yield a layer of empty files."""
    for start in range(0, count, 1000):
        yield b"".join(header(f"d/{number}") for number in range(start, start + 1000))
    yield bytes(1024)


def many_metadata() -> Iterator[bytes]:
    """Yield a layer of packages whose records are all blanks."""
    for number in range(2000):
        yield entry(f"{SITE}/p{number}-1.dist-info/METADATA", b"Name: p\nVersion: 1\nX: " + b" " * (1 << 20))
    yield bytes(1024)


def zeros(size: int) -> Iterator[bytes]:
    """Yield a layer with one file of zeros, of so many bytes."""
    yield header("zeros", size=size)
    for _ in range(size >> 24):
        yield bytes(1 << 24)
    yield bytes(1024)


def records_of(size: int) -> bytes:
    """Return a layer with extended records of so many bytes."""
    return header("records", kind=b"x", size=size) + bytes(size) + entry("a", b"") + bytes(1024)


def wheel_bomb() -> Tar:
    """Return a wheel whose record inflates a thousandfold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hidden-6.6.6.dist-info/METADATA", METADATA + b" " * (300 << 20))
    return entry("usr/share/python-wheels/hidden-6.6.6-py3-none-any.whl", buffer.getvalue())


def jars() -> Tar:
    """Return a jar of jars of jars."""
    content = b""
    for depth in range(3):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(500):
                archive.writestr(f"lib/j{depth}-{number}.jar", content or b"x" * 1000)
        content = buffer.getvalue()
    return entry("app/a.jar", content)


def gnu_sparse(size: int) -> Tar:
    """Return a file that is one hole of so many bytes."""
    return header("sparse", kind=b"S", magic=b"ustar  \0", fields={483: b"\x80" + size.to_bytes(11, "big")})


def records(key: str, value: str, kind: bytes = b"x", sign: str = "") -> Tar:
    """Return a header of one extended record; ``sign`` stands before its length."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + len(sign) + 2
    return entry("records", f"{sign}{length:02}".encode() + rest, kind)


def entry(name: str, content: bytes, kind: bytes = b"0") -> Tar:
    """Return an entry with its content."""
    long = b""
    if len(name) > 100:
        long = entry("long", name.encode() + b"\0", b"L")
    return long + header(name[:100], size=len(content), kind=kind) + content + bytes(-len(content) % 512)


def header(name: str, size: int = 0, kind: bytes = b"0", magic: bytes = b"ustar\x0000",
            fields: dict[int, bytes] | None = None, checksum: bool = True) -> Tar:  # fmt: skip
    """Return one header block; ``fields`` are put in last, by their place."""
    block = bytearray(512)
    block[: len(name)] = name.encode()
    numbers = ((100, f"{0o644:07o}"), (108, f"{0:07o}"), (116, f"{0:07o}"), (136, f"{0:011o}"))
    for place, digits in numbers:
        block[place : place + len(digits) + 1] = digits.encode() + b"\0"
    block[124:136] = f"{size:011o}\0".encode() if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    block[156:157], block[257:265] = kind, magic
    for place, content in (fields or {}).items():
        block[place : place + len(content)] = content
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block) + (0 if checksum else 7):06o}\0 ".encode()
    return bytes(block)
