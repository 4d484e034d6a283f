from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from nautiloid.errors import IntegrityError
from nautiloid.oci.archive import docker_name, stream_archive, write_archive
from nautiloid.oci.archive_reader import Archive
from nautiloid.oci.digest import blob_name, digest_of
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image

from .images import entry, link, store_image, tar

LAYER = tar(entry("hello", b"octopus"))
REFERENCE = "nautiloid/pytorch:latest"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "images")
    store_image(layout, REFERENCE, [LAYER, tar(entry("more", b"ink"))])
    return layout


def written(layout: Layout, path: Path) -> Path:
    write_archive(layout, layout.resolve(REFERENCE), REFERENCE, path)
    return path


def test_the_same_image_makes_the_same_bytes(layout: Layout, tmp_path: Path) -> None:
    one, two = written(layout, tmp_path / "one.tar"), written(layout, tmp_path / "new" / "two.tar")
    stream = io.BytesIO()
    stream_archive(layout, layout.resolve(REFERENCE), REFERENCE, stream)
    assert one.read_bytes() == two.read_bytes() == stream.getvalue()
    assert {path.name for path in tmp_path.iterdir()} == {"images", "new", "one.tar"}


def test_members_are_plain(layout: Layout, tmp_path: Path) -> None:
    with tarfile.open(written(layout, tmp_path / "image.tar")) as archive:
        members = archive.getmembers()
    names = [member.name for member in members]
    assert names == sorted(names)
    assert not any(name.startswith((".", "/")) for name in names)
    assert all(
        (member.isreg() or member.isdir()) and member.mtime == 0 and member.uid == 0 and not member.pax_headers
        for member in members
    )


def test_docker_finds_what_it_looks_for(layout: Layout, tmp_path: Path) -> None:
    with tarfile.open(written(layout, tmp_path / "image.tar")) as archive:
        (image,) = json.load(_member(archive, "manifest.json"))
        config = json.load(_member(archive, image["Config"]))
        assert image["RepoTags"] == [REFERENCE]
        assert len(image["Layers"]) == len(config["rootfs"]["diff_ids"]) == 2
        assert set(image["Layers"]) < set(archive.getnames())


@pytest.mark.parametrize(
    ("reference", "full"),
    [
        ("pytorch:1", "docker.io/library/pytorch:1"),
        ("nautiloid/pytorch:1", "docker.io/nautiloid/pytorch:1"),
        ("localhost/a:1", "localhost/a:1"),
        ("registry.example/a:1", "registry.example/a:1"),
        ("host:5000/a:1", "host:5000/a:1"),
    ],
)
def test_docker_names_are_whole(reference: str, full: str) -> None:
    assert docker_name(reference) == full


def test_an_archive_reads_as_the_image_it_was_made_of(layout: Layout, tmp_path: Path) -> None:
    path = written(layout, tmp_path / "image.tar")
    for name in (str(path), f"{path}:{REFERENCE}"):
        with open_image(name, Layout(tmp_path / "none")) as source:
            assert source.image.digest == layout.resolve(REFERENCE).digest
            assert source.open_layer(source.image.manifest.layers[0]).read() == LAYER


def test_a_classic_docker_save_is_read(layout: Layout, tmp_path: Path) -> None:
    config = layout.read_blob(layout.resolve(REFERENCE).config_digest)
    layers = [LAYER, tar(entry("more", b"ink"))]
    manifest = [
        {"Config": "c.json", "RepoTags": ["a:latest", "b:latest"], "Layers": ["one/layer.tar", "two/layer.tar"]}
    ]
    path = tmp_path / "saved.tar"
    path.write_bytes(
        tar(
            entry("./c.json", config),
            entry("one/layer.tar", layers[0]),
            entry("shared/layer.tar", layers[1]),
            link("two/layer.tar", "../shared/layer.tar"),
            entry("manifest.json", json.dumps(manifest).encode()),
        )
    )
    for name in (str(path), f"{path}:a", f"{path}:b:latest"):
        with open_image(name, layout) as source:
            found = [source.open_layer(layer).read() for layer in source.image.manifest.layers]
            assert found == layers
            assert source.image.config_digest == digest_of(config)


def test_a_missing_or_strange_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ImageNotFoundError, match="There is no file"):
        Archive(tmp_path / "missing.tar")
    strange = tmp_path / "strange.tar"
    strange.write_bytes(b"\x1f\x8b" + b"x" * 1000)
    with pytest.raises(ImageFormatError, match="not a tar file"):
        Archive(strange)
    strange.write_bytes(tar(entry("readme", b"hello")))
    with pytest.raises(ImageFormatError, match="holds no image"):
        Archive(strange)
    strange.write_bytes(tar(entry("manifest.json", b"{")))
    with pytest.raises(ImageFormatError, match="not JSON"):
        Archive(strange)
    strange.write_bytes(tar(entry("manifest.json", b'[{"Config": "gone", "Layers": []}]')))
    with pytest.raises(ImageNotFoundError, match="gone"):
        Archive(strange)


def test_a_changed_layer_is_noticed_at_its_end(layout: Layout) -> None:
    image = layout.resolve(REFERENCE)
    layer = image.manifest.layers[0]
    layout.blob_path(layer.digest).write_bytes(LAYER.replace(b"octopus", b"0ct0pus"))
    with open_image(REFERENCE, layout) as source, source.open_layer(layer) as content, pytest.raises(IntegrityError):
        content.read()


def test_a_truncated_layer_is_noticed(layout: Layout) -> None:
    image = layout.resolve(REFERENCE)
    layer = image.manifest.layers[0]
    path = layout.directory / blob_name(layer.digest)
    path.write_bytes(path.read_bytes()[:-30])
    with open_image(REFERENCE, layout) as source, source.open_layer(layer) as content, pytest.raises(IntegrityError):
        content.read()


def test_uncompressed_layers_are_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "plain")
    store_image(layout, "plain:latest", [LAYER], compress=False)
    with open_image("plain", layout) as source:
        assert source.open_layer(source.image.manifest.layers[0]).read() == LAYER


def _member(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    file = archive.extractfile(name)
    assert isinstance(file, io.BufferedReader)
    return file
