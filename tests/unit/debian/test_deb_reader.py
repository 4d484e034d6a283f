from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautiloid.debian.compression import decompressed
from nautiloid.debian.deb import MemberKind, read_deb
from nautiloid.errors import IntegrityError, NautiloidError

CONTROL = "Package: hello\nVersion: 1-1\nArchitecture: amd64\nDescription: says hello\n"
Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"", **attributes: object) -> Entry:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o644
    for attribute, value in attributes.items():
        setattr(info, attribute, value)
    return info, content


def directory(name: str) -> Entry:
    return entry(name, type=tarfile.DIRTYPE, mode=0o755)


def symlink(name: str, target: str) -> Entry:
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hardlink(name: str, target: str) -> Entry:
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def tar(entries: Sequence[Entry], format: int = tarfile.GNU_FORMAT) -> bytes:  # noqa: A002 (tarfile's own word)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def ar(*members: tuple[str, bytes]) -> bytes:
    archive = b"!<arch>\n"
    for name, content in members:
        archive += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        archive += b"\n" * (len(content) % 2)
    return archive


def deb(
    data: bytes,
    *,
    control: Sequence[Entry] = (),
    compress: Callable[[bytes], bytes] = lzma.compress,
    suffix: str = ".xz",
) -> bytes:
    control_tar = tar([directory("./"), entry("./control", CONTROL.encode()), *control])
    return ar(
        ("debian-binary", b"2.0\n"),
        (f"control.tar{suffix}", compress(control_tar)),
        (f"data.tar{suffix}", compress(data)),
    )


HELLO = [
    directory("./"),
    directory("./usr/"),
    directory("./usr/bin/"),
    entry("./usr/bin/hello", b"\x7fELF hello", mode=0o4755, mtime=1_700_000_000),
    symlink("./usr/bin/hi", "hello"),
    symlink("./usr/bin/abs", "/etc/alternatives/hello"),
    symlink("./usr/up", "../usr/bin"),
    hardlink("./usr/bin/hey", "./usr/bin/hello"),
    entry("./usr/" + "long" * 60, b"x" * 1000),
]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "hello_1-1_amd64.deb"
        path.write_bytes(content)
        return path

    return write


Write = Callable[[bytes], Path]


@pytest.mark.parametrize(
    ("compress", "suffix"),
    [
        (lzma.compress, ".xz"),
        (gzip.compress, ".gz"),
        (bytes, ""),
        (lambda data: lzma.compress(data[:700]) + lzma.compress(data[700:]), ".xz"),
        (zstandard.compress, ".zst"),
        (lambda data: zstandard.compress(data[:700]) + zstandard.compress(data[700:]), ".zst"),
    ],
)
@pytest.mark.parametrize("tar_format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_members_are_read(
    write: Write, tmp_path: Path, compress: Callable[[bytes], bytes], suffix: str, tar_format: int
) -> None:
    package = read_deb(write(deb(tar(HELLO, tar_format), compress=compress, suffix=suffix)))
    unpacked = tmp_path / "data.tar"
    members = {member.path: member for member in package.unpack_data_tar(unpacked)}
    assert list(members) == [info.name.removeprefix("./").rstrip("/") for info, _ in HELLO[1:]]
    hello = members["usr/bin/hello"]
    assert (hello.kind, hello.mode, hello.mtime, hello.size) == (MemberKind.FILE, 0o4755, 1_700_000_000, 10)
    with unpacked.open("rb") as file:
        file.seek(hello.offset_data)
        assert file.read(hello.size) == b"\x7fELF hello"
    assert (members["usr/bin/hi"].kind, members["usr/bin/hi"].target) == (MemberKind.SYMLINK, "hello")
    assert (members["usr/bin/hey"].kind, members["usr/bin/hey"].target) == (MemberKind.HARDLINK, "usr/bin/hello")
    assert members["usr"].kind is MemberKind.DIRECTORY
    streamed = {member.path: b"".join(chunks) for member, chunks in package.members()}
    assert streamed.keys() == members.keys()
    assert streamed["usr/" + "long" * 60] == b"x" * 1000


def test_control_data_is_read_and_nothing_is_run(write: Write, tmp_path: Path) -> None:
    control = [
        entry("./conffiles", b"/etc/hello.conf\nremove-on-upgrade /etc/old.conf\n"),
        entry("./md5sums", b"d41d8cd98f00b204e9800998ecf8427e  usr/share/a file\n"),
        entry("./postinst", f"#!/bin/sh\ntouch {tmp_path}/ran\n".encode(), mode=0o755),
        entry("./triggers", b""),
        entry("./preinst", b""),
    ]
    package = read_deb(write(deb(tar(HELLO), control=control)))
    assert package.control["Package"] == "hello"
    assert package.control.text == CONTROL.rstrip("\n")
    assert package.conffiles == ("/etc/hello.conf", "/etc/old.conf")
    assert package.md5sums == {"usr/share/a file": "d41d8cd98f00b204e9800998ecf8427e"}
    assert package.maintainer_scripts == ("postinst", "preinst")
    assert not (tmp_path / "ran").exists()


HOSTILE = {
    "parent in the name": [entry("./../etc/passwd", b"x")],
    "parent inside the name": [entry("./usr/../../etc/passwd", b"x")],
    "absolute name": [entry("/etc/passwd", b"x")],
    "newline in the name": [entry("./usr\n/x", b"x")],
    "symlink above the root": [symlink("./usr", "../../etc")],
    "absolute symlink above the root": [symlink("./usr", "/../etc")],
    "symlink to nothing": [symlink("./usr", "")],
    "hard link above the root": [hardlink("./usr", "../../etc/passwd")],
    "absolute hard link": [hardlink("./usr", "/etc/passwd")],
    "hard link to what is not there": [hardlink("./usr", "./etc/passwd")],
    "hard link through a symlink": [symlink("./a", "/etc/passwd"), hardlink("./b", "./a")],
    "device": [entry("./dev", type=tarfile.BLKTYPE)],
    "terminal": [entry("./tty", type=tarfile.CHRTYPE)],
    "pipe": [entry("./pipe", type=tarfile.FIFOTYPE)],
    "twice": [entry("./usr/x", b"1"), entry("usr//x", b"2")],
    "below a symlink": [symlink("./usr", "/etc"), entry("./usr/passwd", b"x")],
    "below a file": [entry("./usr", b""), entry("./usr/passwd", b"x")],
    "the root is a symlink": [symlink("./", "/etc")],
}


@pytest.mark.parametrize("entries", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_members_are_refused_by_name(write: Write, tmp_path: Path, entries: list[Entry]) -> None:
    package = read_deb(write(deb(tar(entries))))
    with pytest.raises(IntegrityError, match=r"^hello_1-1_amd64\.deb: "):
        package.unpack_data_tar(tmp_path / "data.tar")
    assert not (tmp_path / "data.tar").exists()
    with pytest.raises(IntegrityError):
        list(package.members())


def test_a_nul_in_a_name_is_refused(write: Write) -> None:
    info, content = entry("./usr/x", b"x", pax_headers={"path": "./usr/x\0.txt"})
    package = read_deb(write(deb(tar([(info, content)], tarfile.PAX_FORMAT))))
    with pytest.raises(IntegrityError, match="control characters"):
        list(package.members())


def test_a_size_beyond_the_archive_is_refused(write: Write) -> None:
    info, _ = entry("./huge")
    info.size = 1 << 40
    package = read_deb(write(deb(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))))
    with pytest.raises(IntegrityError, match="larger than the archive"):
        list(package.members())


@pytest.mark.timeout(20)
def test_a_negative_size_does_not_loop(write: Write) -> None:
    first = entry("./a", b"x")
    second, _ = entry("./b")
    second.size = -1024
    package = read_deb(write(deb(tar([first])[:1024] + second.tobuf(tarfile.GNU_FORMAT) + bytes(1024))))
    with pytest.raises(IntegrityError):
        list(package.members())


def test_what_follows_the_end_is_refused(write: Write) -> None:
    data = tar([entry("./a", b"1")])
    with pytest.raises(IntegrityError, match="follows the tar's end"):
        list(read_deb(write(deb(data + tar([entry("./b", b"2")])))).members())


def test_a_damaged_header_is_not_taken_for_the_end(write: Write) -> None:
    data = bytearray(tar([entry("./a", b"1"), entry("./b", b"2")]))
    data[1024 + 5] ^= 1
    with pytest.raises(IntegrityError, match="damaged header"):
        list(read_deb(write(deb(bytes(data)))).members())


def test_zstd_that_swells_is_stopped_before_it_fills_the_memory() -> None:
    bomb = zstandard.compress(bytes(1 << 30))
    assert len(bomb) < 1 << 17
    largest = total = 0
    with pytest.raises(IntegrityError, match="unpacks to more than"):
        for chunk in decompressed(iter([bomb]), "data.tar.zst", limit=100 << 20):
            largest, total = max(largest, len(chunk)), total + len(chunk)
    assert largest <= 16 << 20
    assert total <= 100 << 20


def test_an_unsupported_compression_is_named(write: Write) -> None:
    package = read_deb(write(deb(tar(HELLO), compress=bytes, suffix=".lz4")))
    with pytest.raises(NautiloidError, match=r"data\.tar\.lz4 is compressed in a way that is not supported"):
        list(package.members())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 a zip",
        ar(("debian-binary", b"2.0\n")),
        ar(("debian-binary", b"3.0\n"), ("control.tar", b""), ("data.tar", b"")),
        ar(("control.tar", b""), ("data.tar", b"")),
        ar(("debian-binary", b"2.0\n"), ("control.tar", b"")),
    ],
)
def test_what_is_no_deb_is_refused(write: Write, content: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^hello_1-1_amd64\.deb: "):
        read_deb(write(content))


def test_a_deb_without_control_file_is_refused(write: Write) -> None:
    empty = tar([directory("./")])
    package = read_deb(write(ar(("debian-binary", b"2.0\n"), ("control.tar", empty), ("data.tar", empty))))
    with pytest.raises(IntegrityError, match="no control file"):
        _ = package.control


def test_an_absent_file_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NautiloidError, match="Cannot read"):
        read_deb(tmp_path / "absent.deb")


def read_everything(path: Path) -> None:
    package = read_deb(path)
    assert package.control.text is not None
    assert package.conffiles is not None
    assert package.md5sums is not None
    for _, chunks in package.members():
        for _ in chunks:
            pass


WHOLE = {
    ".xz": deb(tar(HELLO)),
    ".gz": deb(tar(HELLO), compress=lambda data: gzip.compress(data, mtime=0), suffix=".gz"),
    ".zst": deb(tar(HELLO), compress=zstandard.compress, suffix=".zst"),
    "": deb(tar(HELLO, tarfile.PAX_FORMAT), compress=bytes, suffix=""),
}


@pytest.mark.parametrize("suffix", WHOLE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_truncated_deb_is_refused(write: Write, suffix: str, data: st.DataObject) -> None:
    whole = WHOLE[suffix]
    # The last bytes may be padding, without which nothing is lost.
    length = data.draw(st.integers(0, len(whole) - (2 if suffix else 10240)))
    with pytest.raises(IntegrityError):
        read_everything(write(whole[:length]))


@pytest.mark.parametrize("suffix", WHOLE)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_only_our_own_errors_leave_a_mutated_deb(write: Write, suffix: str, changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE[suffix])
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(NautiloidError):
        read_everything(write(bytes(content)))
