from __future__ import annotations

import contextlib
import io
import os
import tarfile
import threading
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautiloid.errors import IntegrityError, NautiloidError
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import apply_layer, remove_tree, resolve_inside, unpacked

from .images import directory, entry, link, store_image, tar


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


def apply(root: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> None:
    apply_layer(io.BytesIO(tar(*entries)), root)


def tree(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_files_keep_content_mode_and_time(root: Path) -> None:
    apply(root, directory("bin"), entry("bin/python", b"elf", mode=0o755, mtime=1_700_000_000))
    status = (root / "bin/python").stat()
    assert (root / "bin/python").read_bytes() == b"elf"
    assert (status.st_mode & 0o7777, status.st_mtime) == (0o755, 1_700_000_000)


def test_directories_that_no_entry_lists_are_made(root: Path) -> None:
    apply(root, entry("./a/b/c", b"x"), entry("/d/e", b"y"))
    assert tree(root) == {"a", "a/b", "a/b/c", "d", "d/e"}


def test_nobody_else_gets_to_what_is_unpacked(tmp_path: Path) -> None:
    store = Layout(tmp_path / "store")
    store_image(store, "test:latest", [tar(entry("program", b"ours"))])
    with open_image("test:latest", store) as source:
        root = unpacked(source, tmp_path / "cache")
        assert root.parent.stat().st_mode & 0o777 == 0o700
        root.parent.chmod(0o755)
        (root / "program").write_bytes(b"changed by somebody")
        again = unpacked(source, tmp_path / "cache")
    assert (again / "program").read_bytes() == b"ours"


def test_a_directory_of_somebody_elses_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Layout(tmp_path / "store")
    store_image(store, "test:latest", [tar(entry("program", b"ours"))])
    (tmp_path / "cache/rootfs").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "cache").stat().st_uid + 1)
    with open_image("test:latest", store) as source, pytest.raises(NautiloidError, match="not a directory of yours"):
        unpacked(source, tmp_path / "cache")


def test_a_whiteout_hides_what_lies_below(root: Path) -> None:
    apply(root, entry("a/gone", b""), entry("a/kept", b""), directory("tree"), entry("tree/leaf", b""))
    apply(root, entry("a/.wh.gone", b""), entry(".wh.tree", b""), entry(".wh.never-there", b""))
    assert tree(root) == {"a", "a/kept"}


def test_an_opaque_directory_keeps_only_its_own_layer(root: Path) -> None:
    apply(root, entry("a/old", b""), entry("a/sub/old", b""))
    apply(root, entry("a/sub/new", b""), entry("a/new", b""), entry("a/.wh..wh..opq", b""))
    assert {"a/new", "a/sub/new"} <= tree(root)
    assert "a/old" not in tree(root)


def test_entries_replace_what_is_of_another_kind(root: Path) -> None:
    apply(root, directory("a"), entry("a/x", b""), entry("b", b""), link("c", "a"))
    apply(root, entry("a", b"file"), directory("b"), directory("c"))
    assert (root / "a").read_bytes() == b"file"
    assert (root / "b").is_dir()
    assert (root / "c").is_dir()
    assert not (root / "c").is_symlink()


def test_hard_links_share_a_file(root: Path) -> None:
    apply(root, entry("a", b"x"), link("b/c", "a", tarfile.LNKTYPE))
    assert (root / "a").stat().st_ino == (root / "b/c").stat().st_ino


def test_a_replaced_hard_link_leaves_the_other_name_alone(root: Path) -> None:
    apply(root, entry("a", b"old"), link("b", "a", tarfile.LNKTYPE))
    apply(root, entry("b", b"new"))
    assert ((root / "a").read_bytes(), (root / "b").read_bytes()) == (b"old", b"new")


def test_links_to_directories_are_followed_inside(root: Path) -> None:
    apply(root, directory("usr"), directory("usr/lib"), link("lib", "/usr/lib"), entry("lib/libc.so", b""))
    assert "usr/lib/libc.so" in tree(root)


@pytest.mark.parametrize("target", ["/", "..", "../..", "/..", "../../../../../../../../../.."])
def test_a_hostile_link_writes_nothing_outside(root: Path, target: str) -> None:
    apply(root, link("evil", target), entry("evil/outside", b"x"))
    assert not (root.parent / "outside").exists()
    assert not Path("/outside").exists()
    assert (root / "outside").read_bytes() == b"x"


def test_a_hostile_link_is_not_written_through(root: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    apply(root, link("evil", str(victim)), entry("evil", b"yours"))
    apply(root, link("chain", str(victim)), link("hard", "chain", tarfile.LNKTYPE), entry("hard", b"yours"))
    assert victim.read_text() == "mine"
    assert (root / "evil").read_bytes() == b"yours"


@pytest.mark.parametrize(
    "hostile",
    [
        entry("../outside", b"x"),
        entry("a/../../outside", b"x"),
        entry(".wh...", b""),
        entry(".wh..", b""),
        entry("a/.wh.", b""),
        link("b", "../outside", tarfile.LNKTYPE),
        link("b", "missing", tarfile.LNKTYPE),
    ],
    ids=lambda pair: pair[0].name,
)
def test_entries_that_point_outside_are_refused(root: Path, hostile: tuple[tarfile.TarInfo, bytes]) -> None:
    (root.parent / "outside").write_text("mine")
    with pytest.raises(ImageFormatError):
        apply(root, hostile)
    assert (root.parent / "outside").read_text() == "mine"
    assert root.is_dir()


def test_a_file_below_a_file_is_refused(root: Path) -> None:
    with pytest.raises(ImageFormatError, match="no directory"):
        apply(root, entry("a", b""), entry("a/b", b""))


def test_links_in_a_circle_are_refused(root: Path) -> None:
    with pytest.raises(ImageFormatError, match="circle"):
        apply(root, link("a", "b"), link("b", "a"), entry("a/c", b""))


def test_no_device_pipe_or_setuid_file_is_made(root: Path) -> None:
    apply(
        root,
        entry("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        entry("disk", type=tarfile.BLKTYPE),
        entry("pipe", type=tarfile.FIFOTYPE),
        entry("su", b"", mode=0o6755),
        directory("tmp", 0o1777),
        directory("shared", 0o2775),
    )
    assert tree(root) == {"su", "tmp", "shared"}
    assert [(root / name).stat().st_mode & 0o7000 for name in ("su", "tmp", "shared")] == [0, 0o1000, 0]


names = st.lists(st.sampled_from(["a", "b", "..", ".", "evil", ".wh.a", ".wh..wh..opq"]), min_size=1, max_size=4)
targets = st.lists(st.sampled_from(["..", "/", "a", "evil"]), min_size=1, max_size=4).map("/".join)
entries = st.one_of(
    names.map("/".join).map(lambda name: entry(name, b"x")),
    names.map("/".join).map(directory),
    st.builds(link, names.map("/".join), targets),
    st.builds(link, names.map("/".join), targets, st.just(tarfile.LNKTYPE)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(entries, max_size=8))
def test_no_layer_changes_anything_outside(tmp_path: Path, hostile: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    outside, root = tmp_path / "outside", tmp_path / "outside" / "root"
    outside.mkdir(exist_ok=True)
    (outside / "a").write_text("mine")
    remove_tree(root)
    root.mkdir()
    with contextlib.suppress(ImageFormatError):
        apply(root, *hostile)
    assert {path.name for path in outside.iterdir()} == {"a", "root"}
    assert (outside / "a").read_text() == "mine"
    assert not (tmp_path / "b").exists()


def test_resolving_stays_inside(root: Path) -> None:
    (root / "a").symlink_to("/b/../../..")
    assert resolve_inside(root, PurePosixPath("/a/../x")) == root / "x"


def test_an_image_is_unpacked_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "images")
    store_image(layout, "a:latest", [tar(entry("one", b"1")), tar(entry("two", b"2"), entry(".wh.one", b""))])
    with open_image("a", layout) as source:
        first = unpacked(source, tmp_path / "cache")
        assert tree(first) == {"two"}
        layout.blob_path(source.image.manifest.layers[0].digest).unlink()
        assert unpacked(source, tmp_path / "cache") == first
    assert [path.name for path in (tmp_path / "cache/rootfs").iterdir()] == [first.name]


def test_two_may_unpack_at_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "images")
    store_image(layout, "a:latest", [tar(*(entry(f"file{n}", b"x") for n in range(200)))])
    found = []

    def unpack() -> None:
        with open_image("a", layout) as source:
            found.append(unpacked(source, tmp_path / "cache"))

    threads = [threading.Thread(target=unpack) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(tree(found[0])) == 200
    assert [path.name for path in (tmp_path / "cache/rootfs").iterdir()] == [found[0].name]


def test_a_damaged_layer_leaves_nothing(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "images")
    store_image(layout, "a:latest", [tar(entry("one", b"1"))], compress=False)
    with open_image("a", layout) as source:
        layout.blob_path(source.image.manifest.layers[0].digest).write_bytes(tar(entry("one", b"2")))
        with pytest.raises(IntegrityError):
            unpacked(source, tmp_path / "cache")
    assert list((tmp_path / "cache/rootfs").iterdir()) == []
