from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nautiloid.factory.layer_cache import BuiltLayer, forget_loose
from nautiloid.factory.layers import LayerPlan, plan_layers, write_layers
from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.tree import Origin, Tree
from nautiloid.oci.layout import Layout


@pytest.fixture
def plans() -> tuple[LayerPlan, ...]:
    tree = Tree()
    tree.file("etc/a", Literal(b"octopus" * 1000), Origin("base", "x"))
    return plan_layers(tree)


def _write(plans: tuple[LayerPlan, ...], layout: Layout, cache: Path) -> BuiltLayer:
    (layer,) = write_layers(plans, layout, cache)
    return layer


def _blob(layer: BuiltLayer, cache: Path) -> Path:
    return cache / "blobs" / layer.digest.removeprefix("sha256:")


def test_a_layer_is_written_once_for_every_store(tmp_path: Path, plans: tuple[LayerPlan, ...]) -> None:
    one, two, cache = Layout(tmp_path / "1"), Layout(tmp_path / "2"), tmp_path / "cache"
    first, again, second = _write(plans, one, cache), _write(plans, one, cache), _write(plans, two, cache)
    assert (first.reused, again.reused, second.reused) == (False, True, True)
    assert one.blob_path(first.digest).read_bytes() == two.blob_path(second.digest).read_bytes()


def test_stores_do_not_share_files(tmp_path: Path, plans: tuple[LayerPlan, ...]) -> None:
    one, two, cache = Layout(tmp_path / "1"), Layout(tmp_path / "2"), tmp_path / "cache"
    first, second = _write(plans, one, cache), _write(plans, two, cache)
    assert one.blob_path(first.digest).stat().st_ino == _blob(first, cache).stat().st_ino
    assert two.blob_path(second.digest).stat().st_ino != _blob(first, cache).stat().st_ino


def test_a_blob_that_was_changed_is_not_believed(tmp_path: Path, plans: tuple[LayerPlan, ...]) -> None:
    one, two, cache = Layout(tmp_path / "1"), Layout(tmp_path / "2"), tmp_path / "cache"
    first = _write(plans, one, cache)
    one.blob_path(first.digest).write_bytes(b"changed")
    second = _write(plans, two, cache)
    assert (second.digest, second.reused) == (first.digest, False)
    assert _blob(second, cache).read_bytes() == two.blob_path(second.digest).read_bytes()


@pytest.mark.parametrize("note", ["", "[]", '{"digest": "../../etc/passwd"}', '{"digest": "sha256:x", "size": 1}'])
def test_a_note_that_was_changed_is_not_believed(tmp_path: Path, plans: tuple[LayerPlan, ...], note: str) -> None:
    layout, cache = Layout(tmp_path / "1"), tmp_path / "cache"
    first = _write(plans, layout, cache)
    (noted,) = cache.glob("*.json")
    noted.write_text(note)
    assert _write(plans, layout, cache) == first


def test_what_nobody_has_and_nobody_asked_for_goes(tmp_path: Path, plans: tuple[LayerPlan, ...]) -> None:
    layout, cache = Layout(tmp_path / "1"), tmp_path / "cache"
    layer = _write(plans, layout, cache)
    forget_loose(cache)
    assert _blob(layer, cache).exists()
    layout.blob_path(layer.digest).unlink()
    forget_loose(cache)
    assert not _blob(layer, cache).exists()
    old = cache / "blobs" / "old"
    old.write_bytes(b"x")
    os.utime(old, (0, time.time() - 15 * 86_400))
    assert not _write(plans, layout, cache).reused
    assert not old.exists()
