"""Images that would take more time or memory than any real one are errors, and none of them goes on for ever."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest
import zstandard

from nautiloid import bounds
from nautiloid.errors import IntegrityError, NautiloidError, UsageError
from nautiloid.oci.archive_reader import Archive
from nautiloid.oci.digest import digest_of
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.image import manifests_behind
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import INDEX, LAYER_GZIP, MANIFEST, Descriptor, ImageConfig, Manifest, Platform
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import apply_layer

from .images import entry, link, store_image, tar
from .odd_headers import header, records


def _index(*entries: Descriptor) -> bytes:
    return json.dumps({"schemaVersion": 2, "manifests": [one.to_dict() for one in entries]}).encode()


def test_indexes_that_fan_out_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "IMAGE_DOCUMENTS", 20)
    layout = Layout(tmp_path)
    below = [Descriptor(MANIFEST, digest_of(b"none"), 4)]
    for _ in range(3):
        contents = [_index(*below) + b" " * n for n in range(10)]
        below = [Descriptor(INDEX, layout.write_blob([content]).digest, len(content)) for content in contents]
    top = layout.write_blob([_index(*below)])
    with pytest.raises(ImageFormatError, match="More than 20"):
        list(manifests_behind(layout, Descriptor(INDEX, top.digest, top.size)))


def test_indexes_too_deep_are_said_and_not_cut_off(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    one = Descriptor(MANIFEST, digest_of(b"none"), 4)
    for _ in range(bounds.INDEX_DEPTH + 2):
        blob = layout.write_blob([_index(one)])
        one = Descriptor(INDEX, blob.digest, blob.size)
    with pytest.raises(ImageFormatError, match="deeper"):
        list(manifests_behind(layout, one))


def test_one_layer_a_hundred_thousand_times_is_no_image() -> None:
    part = Descriptor(LAYER_GZIP, digest_of(b"a"), 1)
    with pytest.raises(ImageFormatError, match="501 layers"):
        Manifest.from_json(Manifest(part, (part,) * 501).to_json())
    with pytest.raises(ImageFormatError, match="a layer that is none"):
        Manifest.from_json(Manifest(part, (part,)).to_json().replace(b'"layers":[', b'"layers":[null,'))


def test_a_layer_that_inflates_without_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(tmp_path)
    store_image(layout, "bomb:latest", [tar(entry("zeros", bytes(30 << 20)))])
    with open_image("bomb", layout) as source:
        layer = source.image.manifest.layers[0]
        assert len(source.open_layer(layer).read()) > 30 << 20
        monkeypatch.setattr(bounds, "LAYER_ALWAYS", 1 << 20)
        with pytest.raises(IntegrityError, match="inflate"):
            source.open_layer(layer).read()


def test_a_zstd_stream_cannot_ask_for_a_window_of_gigabytes(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=29)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    content = stream.compress(tar(entry("a", b"b"))) + stream.flush()
    layout = Layout(tmp_path)
    blob = layout.write_blob([content])
    config = ImageConfig(Platform.of_this_machine(), diff_ids=(digest_of(tar(entry("a", b"b"))),))
    layout.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], "wide:latest")
    with open_image("wide", layout) as source, pytest.raises(IntegrityError, match="memory"):
        source.open_layer(source.image.manifest.layers[0]).read()


@pytest.mark.parametrize("before", [entry("index.json", b"{}"), link("index.json", "other.json")])
def test_the_last_file_of_a_name_counts_as_it_does_for_docker(
    tmp_path: Path, before: tuple[tarfile.TarInfo, bytes]
) -> None:
    path = tmp_path / "image.tar"
    marker = entry("oci-layout", b"{}")
    path.write_bytes(tar(marker, before, entry("index.json", _index(Descriptor(MANIFEST, digest_of(b"x"), 1)))))
    with Archive(path) as archive, pytest.raises(NautiloidError, match="no file blobs"):
        archive.resolve(None)


def test_what_only_python_would_take_for_a_part_of_an_archive_is_none(tmp_path: Path) -> None:
    """A record for all that follows would rename every file, to Python; Docker heeds none."""
    path = tmp_path / "image.tar"
    path.write_bytes(records(("path", "manifest.json"), kind=b"g") + tar(entry("readme", b"[]")))
    with pytest.raises(ImageFormatError, match="holds no image"):
        Archive(path)


def test_an_archive_with_a_sparse_part_or_a_giant_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    hole = header("index.json", kind=b"S", magic=b"ustar  \0", fields={483: b"%011o\0" % (1 << 30)})
    path.write_bytes(hole + bytes(1024))
    with pytest.raises(ImageFormatError, match="sparse"):
        Archive(path)
    path.write_bytes(records(("comment", "x" * (bounds.LAYER_EXTENSION))) + tar(entry("readme")))
    with pytest.raises(ImageFormatError, match="goes on for"):
        Archive(path)


def test_pipes_in_place_of_an_archive_an_index_or_a_blob_do_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    with pytest.raises(UsageError, match="not a file"):
        Archive(tmp_path / "pipe.tar")
    layout = Layout(tmp_path / "layout")
    store_image(layout, "a:latest", [tar(entry("a", b"b"))])
    with open_image("a", layout) as source:
        blob = layout.blob_path(source.image.manifest.layers[0].digest)
        blob.unlink()
        os.mkfifo(blob)
        with pytest.raises(UsageError, match="not a file"):
            source.open_layer(source.image.manifest.layers[0])


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(entry("n" * 300, b"x"), id="a name that is too long"),
        pytest.param(link("a", "t" * 5000), id="a target that is too long"),
        pytest.param(link("a", ""), id="a link to nothing"),
        pytest.param(entry("/".join("d" * 2100), b"x"), id="a path that is too long"),
    ],
)
def test_what_the_kernel_refuses_is_an_error_of_the_layer(tmp_path: Path, odd: tuple[tarfile.TarInfo, bytes]) -> None:
    path = tmp_path / "layer"
    path.write_bytes(tar(odd))
    (tmp_path / "root").mkdir()
    with path.open("rb") as content, pytest.raises(ImageFormatError, match="cannot be unpacked"):
        apply_layer(content, tmp_path / "root")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("uid", [1 << 32, -5, (1 << 32) - 1])
def test_nobody_owns_a_file_for_whom_there_is_no_number(tmp_path: Path, uid: int) -> None:
    path = tmp_path / "layer"
    path.write_bytes(tar(entry("a", b"x", uid=uid)))
    (tmp_path / "root").mkdir()
    with path.open("rb") as content, pytest.raises(ImageFormatError, match="which is nobody"):
        apply_layer(content, tmp_path / "root")


@pytest.mark.parametrize("time", [1 << 62, -(1 << 40), 1e10])
def test_times_that_64_bits_of_nanoseconds_do_not_hold_are_1970(tmp_path: Path, time: float) -> None:
    path = tmp_path / "layer"
    path.write_bytes(tar(entry("a", b"x", mtime=int(time))))
    (tmp_path / "root").mkdir()
    with path.open("rb") as content:
        apply_layer(content, tmp_path / "root")
    assert (tmp_path / "root" / "a").stat().st_mtime == 0
