from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautiloid.factory.rootfs.content import Literal
from nautiloid.factory.rootfs.system import lay_foundations
from nautiloid.factory.rootfs.tree import NodeKind, Origin, Tree, TreeError

ORIGIN = Origin("base", "deb:thing")
OTHER = Origin("base", "deb:other")

_steps = st.lists(st.sampled_from(["a", "b", "..", ".", "", "lib", "x"]), min_size=1, max_size=6)


def test_a_file_below_a_merged_directory_lies_in_usr() -> None:
    tree = Tree()
    lay_foundations(tree)
    tree.file("lib/x86_64-linux-gnu/libc.so.6", Literal(b"c"), ORIGIN)
    assert tree.get("usr/lib/x86_64-linux-gnu/libc.so.6") is not None
    assert tree.lookup("/lib/x86_64-linux-gnu/libc.so.6") is not None


def test_writing_through_a_link_stays_in_the_image() -> None:
    tree = Tree()
    tree.symlink("escape", "/etc", ORIGIN)
    tree.file("escape/passwd", Literal(b"x"), ORIGIN)
    entry = tree.get("etc/passwd")
    assert entry is not None
    assert entry.path == "etc/passwd"


@pytest.mark.parametrize("path", ["../etc/passwd", "a/../../b", "nul\0byte", "new\nline"])
def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    with pytest.raises(TreeError):
        Tree().file(path, Literal(b""), ORIGIN)


def test_a_link_that_climbs_above_the_root_is_refused() -> None:
    tree = Tree()
    tree.symlink("up", "../../..", ORIGIN)
    with pytest.raises(TreeError):
        tree.file("up/etc/passwd", Literal(b""), ORIGIN)


def test_links_in_a_circle_end() -> None:
    tree = Tree()
    tree.symlink("a", "b", ORIGIN)
    tree.symlink("b", "a", ORIGIN)
    assert tree.lookup("a") is None
    with pytest.raises(TreeError):
        tree.file("a/x", Literal(b""), ORIGIN)


def test_two_inputs_that_disagree_are_named() -> None:
    tree = Tree()
    tree.file("etc/issue", Literal(b"one"), ORIGIN)
    tree.file("etc/issue", Literal(b"one"), OTHER)
    with pytest.raises(TreeError, match="deb:thing and deb:other"):
        tree.file("etc/issue", Literal(b"two"), OTHER)


def test_setuid_bits_never_enter() -> None:
    tree = Tree()
    tree.file("usr/bin/su", Literal(b""), ORIGIN, 0o4755)
    entry = tree.get("usr/bin/su")
    assert entry is not None
    assert entry.mode == 0o755


def test_pruning_removes_only_what_became_empty() -> None:
    tree = Tree()
    tree.file("usr/share/doc/a/README", Literal(b""), ORIGIN)
    tree.file("usr/share/b", Literal(b""), ORIGIN)
    tree.directory("empty", ORIGIN)
    tree.remove("usr/share/doc/a/README")
    tree.prune({"usr/share/doc/a"})
    assert [entry.path for entry in tree if entry.kind is NodeKind.DIRECTORY] == ["empty", "usr", "usr/share"]


@given(st.lists(st.tuples(_steps, st.sampled_from(["file", "link"]), _steps), max_size=8))
def test_no_entry_ever_lies_below_a_link(inputs: list[tuple[list[str], str, list[str]]]) -> None:
    tree = Tree()
    for steps, kind, target in inputs:
        try:
            if kind == "file":
                tree.file("/".join(steps), Literal(b""), ORIGIN)
            else:
                tree.symlink("/".join(steps), "/".join(target) or "x", ORIGIN)
        except TreeError:
            continue
    paths = {entry.path: entry for entry in tree}
    for path in paths:
        steps = path.split("/")
        assert ".." not in steps
        for count in range(1, len(steps)):
            assert paths["/".join(steps[:count])].kind is NodeKind.DIRECTORY
