"""Headers that Go's reader takes and Python's does not, and layers of which not all can be read."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.layer_tar import open_layer_tar

from .odd_headers import ODD, RECORDS, UNREADABLE, entry, header, odd_layer


def _names(layer: bytes) -> list[str]:
    with open_layer_tar(io.BytesIO(layer)) as archive:
        return [member.name for member in archive]


@pytest.mark.parametrize("odd", [*ODD, *RECORDS], ids=[name for name, _ in (*ODD, *RECORDS)])
def test_what_go_reads_hides_nothing_behind_it(odd: tuple[str, bytes]) -> None:
    assert _names(odd_layer(odd[1]))[-2:] == ["key.pem", "usr/bin/su"]


@pytest.mark.parametrize("odd", UNREADABLE, ids=[name for name, _ in UNREADABLE])
def test_what_nobody_reads_is_an_error_and_no_end(odd: tuple[str, bytes]) -> None:
    with pytest.raises(ImageFormatError, match="Not all of a layer can be read"):
        _names(odd_layer(odd[1]))


def test_a_plain_layer_is_read_without_its_last_zeros_too() -> None:
    layer = entry("a") + entry("b", b"x" * 700)
    assert _names(layer) == ["a", "b"]
    assert _names(layer + bytes(10240)) == ["a", "b"]


@pytest.mark.parametrize("cut", [513, 600, 1100, 1600])
def test_a_layer_that_is_cut_off_is_an_error(cut: int) -> None:
    layer = entry("a", b"x" * 500) + entry("b", b"x" * 700) + bytes(1024)
    with pytest.raises(ImageFormatError, match="Not all of a layer can be read"):
        _names(layer[:cut])


def test_whoever_stops_early_still_hears_of_what_follows() -> None:
    with (
        pytest.raises(ImageFormatError, match="something follows"),
        open_layer_tar(io.BytesIO(entry("a") + bytes(1024) + entry("b"))) as archive,
    ):
        assert next(iter(archive)).name == "a"


def test_a_prefix_belongs_to_posixs_layout_alone() -> None:
    prefix = {345: b"some/where"}
    assert _names(header("a", magic=b"ustar\x0000", fields=prefix)) == ["some/where/a"]
    assert _names(header("a", magic=bytes(8), fields=prefix)) == ["a"]
    times = {345: b"14000000000\0", 357: b"14000000000\0"}
    assert _names(header("a", magic=b"ustar  \0", fields=times)) == ["a"]
    star = {345: b"some/where", 476: b"14000000000 14000000000 ", 508: b"tar\0"}
    assert _names(header("a", magic=b"ustar\x0000", fields=star)) == ["some/where/a"]


@given(st.lists(st.tuples(st.integers(0, 511), st.binary(min_size=1, max_size=8)), max_size=3), st.booleans())
def test_either_all_is_read_or_it_is_said(changes: list[tuple[int, bytes]], whole: bool) -> None:
    """Whatever stands in a header: nothing behind it is lost in silence."""
    odd = header("odd", fields=dict(changes), checksum=whole)
    try:
        names = _names(odd_layer(odd))
    except ImageFormatError:
        return
    assert names[-1] == "usr/bin/su"


@given(st.binary(max_size=2048))
def test_anything_at_all_is_a_layer_or_an_error(content: bytes) -> None:
    try:
        names = _names(content)
    except ImageFormatError:
        return
    assert names or not content.strip(b"\0")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_python_writes_reads_as_python_reads_it(form: int) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name in ("a" * 90, "d/" + "b" * 99, "ä", "x" * 60 + "/" + "y" * 90):
            info = tarfile.TarInfo(name)
            info.uid, info.mtime, info.size = 2_000_000, 1_700_000_000, 3
            archive.addfile(info, io.BytesIO(b"abc"))
        device = tarfile.TarInfo("dev")
        device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 5, 1
        archive.addfile(device)
    with tarfile.open(fileobj=io.BytesIO(buffer.getvalue())) as plain:
        expected = [
            (one.name, one.type, one.size, one.mode, one.uid, one.mtime, (one.devmajor, one.devminor)) for one in plain
        ]
    with open_layer_tar(io.BytesIO(buffer.getvalue())) as ours:
        assert [(one.name, one.kind, one.size, one.mode, one.uid, one.mtime, one.device) for one in ours] == expected
