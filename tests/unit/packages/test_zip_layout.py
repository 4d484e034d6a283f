"""Zip archives that two readers may read in two ways are never taken for whole; honest ones always are."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.packages.kinds.maven import Maven
from nautiloid.packages.kinds.pypi import Pypi
from nautiloid.packages.unreadable import PartlyUnreadError, UnreadableError
from nautiloid.packages.zip_archive import open_zip
from nautiloid.packages.zip_layout import disagreements

POM = "META-INF/maven/org.example/{0}/pom.properties"
METADATA = "Name: {0}\nVersion: {1}\n\n"


def archive_of(*members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.comment = comment
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def pom(name: str, version: str = "1.0") -> tuple[str, str]:
    return POM.format(name), f"groupId=org.example\nartifactId={name}\nversion={version}\n"


def central_entry(archive: bytes, number: int) -> int:
    at = archive.index(b"PK\x01\x02")
    for _ in range(number):
        at = archive.index(b"PK\x01\x02", at + 4)
    return at


def patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def without_entry(archive: bytes, number: int) -> bytes:
    """Return an archive whose directory no longer names one of its members."""
    start, end = central_entry(archive, number), archive.rindex(b"PK\x05\x06")
    later = archive.find(b"PK\x01\x02", start + 4)
    stop = later if later >= 0 else end
    whole = bytearray(archive[:start] + archive[stop:])
    at = whole.rindex(b"PK\x05\x06")
    count, size = struct.unpack_from("<HI", whole, at + 10)
    struct.pack_into("<HHI", whole, at + 8, count - 1, count - 1, size - (stop - start))
    return bytes(whole)


def streamed_names(content: bytes) -> list[bytes]:
    """Return the members that a reader of a stream sees, who knows no directory (APPNOTE 4.3.7)."""
    names, at = [], 0
    while content[at : at + 4] == b"PK\x03\x04" and len(content) >= at + 30:
        compressed, _, name, extra = struct.unpack_from("<IIHH", content, at + 18)
        names.append(content[at + 30 : at + 30 + name])
        at += 30 + name + extra + compressed
    return names


def _disagreements(content: bytes) -> tuple[str, ...]:
    with open_zip(io.BytesIO(content)) as archive:
        return disagreements(archive, content)


HONEST = archive_of(pom("a"), ("x.class", b"x" * 100))
TWO = archive_of(pom("a"), pom("b"))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (without_entry(TWO, 1), "does not name"),
        (without_entry(TWO, 0), "does not name"),
        (HONEST + b"more", "follows its end"),
        (patched(TWO, TWO.index(b"/a/pom"), b"/c/pom"), "one name in its directory"),
        (patched(TWO, 8, b"\0\0"), "stored in one way"),
        (patched(TWO, 22, struct.pack("<I", 5)), "another size"),
        (patched(HONEST, HONEST.rindex(b"PK\x05\x06") + 10, b"\7\0"), "another number of members"),
        (patched(TWO, central_entry(TWO, 1) + 42, struct.pack("<I", 0)), "overlap"),
        (archive_of(pom("a"), comment=archive_of(pom("b"))), "does not name"),
        (archive_of(pom("b")) + archive_of(pom("a")), "does not name"),
    ],
    ids=["hidden last", "hidden first", "trailing", "renamed", "method", "size", "count", "overlap", "comment", "two"],
)
def test_what_another_reader_may_see_is_said(content: bytes, told: str) -> None:
    assert any(told in fault for fault in _disagreements(content)), _disagreements(content)
    with pytest.raises(PartlyUnreadError, match="not all of it could be read"):
        Maven().read("opt/a-1.0.jar", content)


@pytest.mark.parametrize(
    "content",
    [HONEST, b"#!/usr/bin/env python3\n" + HONEST, archive_of(pom("a"), comment=b"signed"), archive_of(),
     archive_of(pom("a"), method=zipfile.ZIP_STORED), archive_of(pom("a"), method=zipfile.ZIP_LZMA)],
    ids=["plain", "prefix", "comment", "empty", "stored", "lzma"],
)  # fmt: skip
def test_an_honest_archive_is_whole(content: bytes) -> None:
    assert _disagreements(content) == ()


def test_an_archive_that_was_written_to_a_pipe_is_whole() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"x" * 1000)
        archive.writestr("b.txt", b"y" * 1000)
    assert _disagreements(pipe.getvalue()) == ()


@given(
    st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
                       st.binary(max_size=200)), unique_by=lambda one: one[0], max_size=6),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]), st.binary(max_size=50),
)  # fmt: skip
@settings(deadline=None)
def test_every_archive_of_zipfile_is_whole(members: list[tuple[str, bytes]], method: int, comment: bytes) -> None:
    if all(b"PK" not in content for _, content in members) and b"PK" not in comment:
        assert _disagreements(archive_of(*members, method=method, comment=comment)) == ()


@given(st.integers(0, len(TWO) - 1), st.binary(min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
def test_a_reader_of_streams_never_sees_more_than_we_say(at: int, new: bytes) -> None:
    """Differential: wherever such a reader finds other members, the archive is said to be unread."""
    content = patched(TWO, at, new)[: len(TWO)]
    try:
        with open_zip(io.BytesIO(content)) as archive:
            listed = sorted(info.orig_filename.encode("utf-8", "replace") for info in archive.infolist())
            told = disagreements(archive, content)
    except UnreadableError:
        return
    streamed = sorted(streamed_names(content))
    if not told and all(name.isascii() for name in (*listed, *streamed)):
        assert streamed == listed


def test_members_of_one_name_are_all_read_and_said() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = archive_of(pom("a", "1.0"), pom("a", "2.0"))
    with pytest.raises(PartlyUnreadError, match="twice") as caught:
        Maven().read("opt/a.jar", content)
    assert {one.version for one in caught.value.components} == {"1.0", "2.0"}


@pytest.mark.parametrize("name", ["./p-1.dist-info/METADATA", "p-1.dist-info//METADATA", "p-1.dist-info/./METADATA"])
def test_a_name_counts_as_it_is_unpacked(name: str) -> None:
    found = Pypi().read("opt/p.WHL", archive_of((name, METADATA.format("p", "1"))))
    assert [(one.name, one.version) for one in found] == [("p", "1")]


def test_a_member_that_holds_more_than_it_states_is_said() -> None:
    content = archive_of((POM.format("a"), "groupId=g\nartifactId=a\nversion=1\nversion=2\n"))
    short = b"groupId=g\nartifactId=a\nversion=1\n"
    import zlib

    for at in (14, central_entry(content, 0) + 16):
        content = patched(content, at, struct.pack("<I", zlib.crc32(short)))
        content = patched(content, at + 8, struct.pack("<I", len(short)))
    with pytest.raises(PartlyUnreadError, match="holds more than"):
        Maven().read("opt/a.jar", content)


def test_a_broken_jar_in_a_jar_loses_nothing_else() -> None:
    content = archive_of(pom("outer"), ("lib/broken.jar", b"PK no"), ("lib/INNER.JAR", archive_of(pom("inner"))))
    with pytest.raises(PartlyUnreadError, match=r"lib/broken\.jar") as caught:
        Maven().read("opt/outer-1.0.jar", content)
    assert {one.name for one in caught.value.components} == {"outer", "inner"}


def test_jars_that_nest_too_deep_are_said() -> None:
    content = archive_of(pom("deepest"))
    for depth in range(8):
        content = archive_of(pom(f"level{depth}"), ("lib/in.jar", content))
    with pytest.raises(PartlyUnreadError, match="lies in more than") as caught:
        Maven().read("opt/app.war", content)
    assert len(caught.value.components) == 7
