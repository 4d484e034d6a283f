from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from nautiloid import labels
from nautiloid.errors import IntegrityError
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.digest import digest_of
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import INDEX, Descriptor, ImageConfig, Manifest, Platform
from nautiloid.oci.source import open_image

from .images import store_image

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "images")


def test_reading_makes_nothing(layout: Layout) -> None:
    assert layout.images() == []
    with pytest.raises(ImageNotFoundError, match="pytorch"):
        layout.resolve("pytorch:latest")
    assert not layout.directory.exists()


@pytest.mark.parametrize("left", [(), ("blobs/sha256", ".lock", ".new-half")])
def test_what_an_interrupted_first_build_left_holds_no_image(layout: Layout, left: tuple[str, ...]) -> None:
    layout.directory.mkdir()
    for name in left:
        (layout.directory / name).mkdir(parents=True)
    assert layout.images() == []
    with pytest.raises(ImageNotFoundError):
        layout.resolve("pytorch:latest")


def test_a_blob_is_found_by_its_digest(layout: Layout) -> None:
    blob = layout.write_blob([b"octo", b"pus"])
    assert (blob.digest, blob.size) == (digest_of(b"octopus"), 7)
    assert layout.has(blob.digest)
    assert layout.read_blob(blob.digest) == b"octopus"
    assert sorted(path.name for path in layout.directory.rglob("*") if path.is_file()) == [blob.digest[7:]]


def test_a_failing_producer_leaves_nothing(layout: Layout) -> None:
    def chunks() -> object:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        layout.write_blob(chunks())  # type: ignore[arg-type]
    assert [path for path in layout.directory.rglob("*") if path.is_file()] == []


def test_a_damaged_blob_is_noticed(layout: Layout) -> None:
    blob = layout.write_blob([b"octopus"])
    layout.blob_path(blob.digest).write_bytes(b"squid")
    with pytest.raises(IntegrityError, match=blob.digest):
        layout.read_blob(blob.digest)


def test_a_digest_never_leaves_the_directory(layout: Layout) -> None:
    with pytest.raises(ImageFormatError):
        layout.blob_path("sha256:../../../etc/passwd")


def test_an_image_is_found_by_name_and_digest(layout: Layout) -> None:
    stored = store_image(layout, "nautiloid/pytorch:latest", label="first")
    for name in ("nautiloid/pytorch:latest", stored.digest, None):
        image = layout.resolve(name)
        assert image.digest == stored.digest
        assert image.config.labels == {"label": "first"}
    assert [name for name, _ in layout.images()] == ["nautiloid/pytorch:latest"]


def test_the_same_image_twice_has_the_same_digest(layout: Layout, tmp_path: Path) -> None:
    other = Layout(tmp_path / "elsewhere")
    assert store_image(layout, "a:1").digest == store_image(other, "b:2").digest


def test_a_reference_moves_to_the_new_image(layout: Layout) -> None:
    old = store_image(layout, "a:latest", label="old")
    new = store_image(layout, "a:latest", label="new")
    assert layout.resolve("a:latest").digest == new.digest != old.digest
    assert len(layout.images()) == 1


def test_one_reference_may_have_an_image_for_each_platform(layout: Layout) -> None:
    images = {platform: store_image(layout, "a:latest", platform=platform) for platform in (AMD64, ARM64)}
    for platform, stored in images.items():
        assert layout.resolve("a:latest", platform).digest == stored.digest
    with pytest.raises(ImageNotFoundError, match="linux/s390x"):
        layout.resolve("a:latest", Platform("linux", "s390x"))


def test_several_images_need_a_name(layout: Layout) -> None:
    store_image(layout, "a:latest", label="a")
    store_image(layout, "b:latest", label="b")
    with pytest.raises(ImageNotFoundError) as caught:
        layout.resolve(None)
    assert "a:latest, b:latest" in caught.value.hint


def test_an_image_with_a_missing_layer_is_refused(layout: Layout) -> None:
    missing = Descriptor("x", digest_of(b"missing"), 7)
    with pytest.raises(ImageNotFoundError, match=missing.digest):
        layout.add_image(ImageConfig(AMD64, diff_ids=(digest_of(b""),)), [missing], "a:latest")
    with pytest.raises(ImageFormatError, match="1 layers but 0"):
        layout.add_image(ImageConfig(AMD64), [missing], "a:latest")
    assert layout.images() == []


def test_what_is_attached_to_an_image_is_no_garbage(layout: Layout) -> None:
    subject = store_image(layout, "image:latest", label="first")
    layout.attach(Attachment(subject, "application/vnd.example+json", b"{}", {}))
    layout.collect_garbage(older_than=0)
    (entry,) = layout.attached(subject.digest)
    assert layout.read_blob(Manifest.from_json(layout.read_blob(entry.digest)).layers[0].digest) == b"{}"


def test_garbage_goes_and_images_stay(layout: Layout) -> None:
    store_image(layout, "kept:latest", [b"kept"])
    store_image(layout, "gone:latest", [b"gone"], label="gone")
    layout.remove("gone:latest")
    before = _blobs(layout)
    assert layout.collect_garbage() == 0, "young blobs may belong to a build under way"
    assert layout.collect_garbage(older_than=0) > 0
    assert len(before - _blobs(layout)) == 3
    image = layout.resolve("kept:latest")
    assert all(layout.has(layer.digest) for layer in image.manifest.layers)
    with pytest.raises(ImageNotFoundError):
        layout.remove("gone:latest")


def test_writing_a_blob_again_makes_it_young(layout: Layout) -> None:
    blob = layout.write_blob([b"x"])
    os.utime(layout.blob_path(blob.digest), (0, 0))
    layout.write_blob([b"x"])
    store_image(layout, "a:latest")
    layout.collect_garbage()
    assert layout.has(blob.digest)


def test_many_writers_lose_no_image(layout: Layout) -> None:
    threads = [threading.Thread(target=store_image, args=(layout, f"image{n}:latest")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(layout.images()) == 12


def test_a_directory_that_is_no_layout_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("something else lives here")
    with pytest.raises(ImageFormatError, match="not an OCI image layout"):
        Layout(tmp_path).resolve("a:latest")


def test_nested_indexes_of_other_builders_are_followed(layout: Layout) -> None:
    stored = store_image(layout, "plain:latest", platform=ARM64)
    attestation = {"mediaType": stored.media_type, "digest": digest_of(b"no such blob"), "size": 1}
    attestation["platform"] = {"os": "unknown", "architecture": "unknown"}
    nested = layout.write_blob([json.dumps({"manifests": [stored.to_dict(), attestation]}).encode()])
    pointer = Descriptor(INDEX, nested.digest, nested.size, {labels.REF_NAME: "multi:latest"})
    (layout.directory / "index.json").write_text(json.dumps({"manifests": [pointer.to_dict()]}))
    assert layout.resolve("multi:latest", ARM64).digest == stored.digest
    assert layout.resolve("multi:latest").digest == stored.digest


def _blobs(layout: Layout) -> set[str]:
    return {path.name for path in (layout.directory / "blobs/sha256").iterdir()}


def test_an_image_of_the_catalog_is_found_without_its_prefix(layout: Layout) -> None:
    catalog = store_image(layout, "nautiloid/pytorch:latest")
    with open_image("pytorch", layout) as source:
        assert source.image.digest == catalog.digest
    own = store_image(layout, "pytorch:latest", label="another")
    with open_image("pytorch", layout) as source:
        assert source.image.digest == own.digest != catalog.digest
    with pytest.raises(ImageNotFoundError), open_image("tensorflow", layout):
        pass


def test_an_index_binds_platforms_to_one_name_and_gives_way_to_a_plain_image(layout: Layout) -> None:
    members = [store_image(layout, "app:latest", platform=platform) for platform in (ARM64, AMD64)]
    index = layout.add_index(members, "app:latest")
    assert layout.add_index(members[::-1], "app:latest") == index
    assert [name for name, _ in layout.images()] == ["app:latest"]
    for member, platform in zip(members, (ARM64, AMD64), strict=True):
        assert layout.resolve("app:latest", platform).digest == member.digest
    layout.collect_garbage(older_than=-1)
    assert layout.resolve("app:latest", ARM64).digest == members[0].digest
    plain = store_image(layout, "app:latest", platform=AMD64, label="new")
    assert layout.resolve("app:latest").digest == plain.digest
