from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.factory.encoders import Compression
from nautiloid.factory.layers import plan_layers, tar_stream, write_layers
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import ImageConfig, Platform
from nautiloid.oci.source import open_image

_names = st.text("abcdefgh-é", min_size=1, max_size=120)


def _tree(order: list[str]) -> Tree:
    tree = Tree()
    for path in order:
        layer = "application" if path.startswith("app") else "base"
        tree.file(path, Literal(path.encode() * 100), Origin(layer, "x"), 0o755 if path.endswith("x") else 0o644)
    tree.symlink("link", "etc/a", Origin("base", "x"))
    return tree


def test_layers_do_not_depend_on_the_order_of_adding(tmp_path: Path) -> None:
    paths = ["etc/a", "etc/b", "usr/bin/x", "app/main.py", "app/deep/down.py"]
    one = write_layers(plan_layers(_tree(paths)), Layout(tmp_path / "1"), tmp_path / "c1")
    two = write_layers(plan_layers(_tree(paths[::-1])), Layout(tmp_path / "2"), tmp_path / "c2")
    assert [layer.digest for layer in one] == [layer.digest for layer in two]
    assert [layer.name for layer in one] == ["base", "application"]


def test_a_layer_is_what_its_digests_say(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "images")
    (layer, *_) = write_layers(plan_layers(_tree(["etc/a"])), layout, tmp_path / "cache")
    with layout.open_blob(layer.digest) as stream:
        packed = stream.read()
    plain = gzip.decompress(packed)
    assert layer.size == len(packed)
    assert layer.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert layer.diff_id == f"sha256:{hashlib.sha256(plain).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        members = {member.name: member for member in archive}
    assert set(members) == {"etc", "etc/a", "link"}
    assert {(m.uid, m.gid, m.uname, m.gname) for m in members.values()} == {(0, 0, "", "")}


def test_a_directory_belongs_to_the_first_layer_that_needs_it() -> None:
    tree = Tree()
    tree.file("usr/share/app", Literal(b"1"), Origin("application", "x"))
    tree.file("usr/share/base", Literal(b"2"), Origin("base", "x"))
    base = plan_layers(tree)[0]
    assert [entry.path for entry in base.entries] == ["usr", "usr/share", "usr/share/base"]


@given(st.dictionaries(_names, st.binary(max_size=2000), max_size=8))
def test_python_reads_back_every_tar(files: dict[str, bytes]) -> None:
    tree = Tree()
    for name, data in files.items():
        tree.file(name, Literal(data), Origin("base", "x"))
    blob = b"".join(tar_stream(tree))
    with tarfile.open(fileobj=io.BytesIO(blob)) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert found == files


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_both_compressions_hold_the_same_tar_and_repeat_themselves(tmp_path: Path, compression: Compression) -> None:
    plans = plan_layers(_tree(["etc/a", "usr/b"]))
    layout = Layout(tmp_path / "images")
    layers = write_layers(plans, layout, tmp_path / "cache", compression=compression)
    again = write_layers(plans, Layout(tmp_path / "other"), tmp_path / "cold", compression=compression)
    assert [layer.digest for layer in layers] == [layer.digest for layer in again]
    config = ImageConfig(Platform.of_this_machine(), diff_ids=tuple(layer.diff_id for layer in layers))
    layout.add_image(config, [layer.descriptor() for layer in layers], "test:latest")
    with open_image("test", layout) as source:
        for layer in source.image.manifest.layers:
            assert layer.media_type.endswith(compression)
            with source.open_layer(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                assert tar.getnames()


def test_a_layer_of_one_compression_is_not_taken_for_the_other(tmp_path: Path) -> None:
    plans, layout = plan_layers(_tree(["etc/a"])), Layout(tmp_path / "images")
    (gzip,) = write_layers(plans, layout, tmp_path / "cache", compression="gzip")
    (zstd,) = write_layers(plans, layout, tmp_path / "cache", compression="zstd")
    assert gzip.diff_id == zstd.diff_id
    assert gzip.digest != zstd.digest
    assert not zstd.reused
