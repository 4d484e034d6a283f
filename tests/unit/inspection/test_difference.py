"""Two images, made by hand, and what ``compare_images`` finds."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from nautiloid.errors import IntegrityError, UsageError
from nautiloid.inspection.difference import Difference, compare_images
from nautiloid.inspection.file_changes import ChangeKind, FileChange
from nautiloid.oci.digest import digest_of
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, Descriptor, History, ImageConfig, Platform
from nautiloid.oci.source import open_image

from ..oci.images import directory, entry, link, tar

PLATFORM = Platform("linux", "amd64")


def _add(store: Layout, name: str, layers: Sequence[bytes], level: int = 9, **config: object) -> None:
    blobs = [store.write_blob([gzip.compress(layer, level, mtime=0)]) for layer in layers]
    descriptors = [Descriptor(LAYER_GZIP, blob.digest, blob.size) for blob in blobs]
    diff_ids = tuple(digest_of(layer) for layer in layers)
    store.add_image(ImageConfig(PLATFORM, diff_ids=diff_ids, **config), descriptors, f"{name}:latest")  # type: ignore[arg-type]


def _compare(store: Layout, ignore: str = "", *, content: bool = False) -> Difference:
    words = frozenset(ignore.split(",")) - {""}
    with open_image("a", store) as a, open_image("b", store) as b:
        return compare_images(a, b, ignore=words, content=content)


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "store")


def _files(store: Layout, a: Sequence[bytes], b: Sequence[bytes], ignore: str = "") -> dict[str, FileChange]:
    _add(store, "a", a)
    _add(store, "b", b)
    return {file.path: file for file in _compare(store, ignore).files}


def _fields(change: FileChange) -> dict[str, tuple[str, str]]:
    return {field.name: (field.before, field.after) for field in change.fields}


def test_an_image_is_the_same_as_itself(store: Layout) -> None:
    layer = tar(entry("x", b"1"))
    _add(store, "a", [layer])
    _add(store, "b", [layer])
    found = _compare(store)
    assert found.same
    assert found.layers.shared > 0
    assert found.layers.moved == 0


def test_added_removed_and_changed_files_are_told_apart_and_sorted(store: Layout) -> None:
    a = tar(entry("same", b"s"), entry("gone", b"g"), entry("edited", b"old"))
    b = tar(entry("same", b"s"), entry("edited", b"newer"), entry("fresh", b"f"))
    found = _files(store, [a], [b])
    assert [(path, file.change) for path, file in found.items()] == [
        ("edited", ChangeKind.CHANGED),
        ("fresh", ChangeKind.ADDED),
        ("gone", ChangeKind.REMOVED),
    ]
    assert _fields(found["edited"])["size"] == ("3", "5")
    assert "content" in _fields(found["edited"])


@pytest.mark.parametrize(
    ("field", "before", "after", "told"),
    [
        ("mode", {"mode": 0o644}, {"mode": 0o4755}, ("0644", "4755")),
        ("owner", {"uid": 0, "gid": 0}, {"uid": 1, "gid": 2}, ("0:0", "1:2")),
        ("mtime", {"mtime": 10}, {"mtime": 11}, ("10", "11")),
    ],
)
def test_each_attribute_is_named_and_can_be_ignored(
    store: Layout, field: str, before: dict[str, int], after: dict[str, int], told: tuple[str, str]
) -> None:
    layers = [tar(entry("x", b"1", **before))], [tar(entry("x", b"1", **after))]
    assert _fields(_files(store, *layers)["x"]) == {field: told}
    assert not _compare(store, field).files
    assert not _compare(store, field).same
    assert _compare(store, f"{field},layers").same


def test_a_file_that_became_a_link_and_a_link_that_leads_elsewhere(store: Layout) -> None:
    found = _files(
        store,
        [tar(entry("x", b"1"), link("y", "one"))],
        [tar(link("x", "y"), link("y", "two"))],
    )
    assert _fields(found["x"])["type"] == ("file", "symbolic link")
    assert _fields(found["y"]) == {"target": ("one", "two")}


def test_extended_attributes_are_compared(store: Layout) -> None:
    def with_capability(value: str) -> bytes:
        member, content = entry("bin/ping", b"ELF")
        member.pax_headers = {"SCHILY.xattr.security.capability": value}
        return _pax(member, content)

    found = _files(store, [with_capability("net_raw")], [with_capability("net_admin")])
    assert _fields(found["bin/ping"]) == {"xattrs": ("security.capability=net_raw", "security.capability=net_admin")}


def _pax(member: tarfile.TarInfo, content: bytes) -> bytes:
    padding = b"\0" * (-len(content) % 512)
    return member.tobuf(format=tarfile.PAX_FORMAT) + content + padding + b"\0" * 1024


def test_whiteouts_and_opaque_directories_hide_what_lower_layers_brought(store: Layout) -> None:
    lower = tar(
        directory("d"), entry("d/one", b"1"), entry("d/two", b"2"), entry("gone/deep/file", b"3"), entry("k", b"k")
    )
    upper = tar(entry("d/new", b"n"), entry("d/.wh..wh..opq"), entry(".wh.gone"), entry("k", b"k"), entry(".wh.k"))
    flat = tar(directory("d"), entry("d/new", b"n"), entry("k", b"k"))
    assert _files(store, [lower, upper], [flat]) == {}


def test_the_same_files_split_over_other_layers_differ_only_in_layers(store: Layout) -> None:
    one, two = entry("one", b"1"), entry("two", b"2")
    assert _files(store, [tar(one, two)], [tar(one), tar(two)]) == {}
    assert not _compare(store).same
    assert _compare(store, "layers,history").same


def test_hard_links_share_content_and_losing_the_link_is_a_change(store: Layout) -> None:
    linked = tar(entry("a/x", b"1"), link("b", "a/x", tarfile.LNKTYPE))
    copied = tar(entry("a/x", b"1"), entry("b", b"1"))
    found = _files(store, [linked], [copied])
    assert {path: _fields(file) for path, file in found.items()} == {
        "a/x": {"hardlink": ("a/x", "")},
        "b": {"hardlink": ("a/x", "")},
    }
    assert not _compare(store, "hardlink").files


def test_entries_below_a_link_land_where_it_leads(store: Layout) -> None:
    merged = [tar(directory("usr"), directory("usr/lib"), link("lib", "usr/lib")), tar(entry("lib/x", b"1"))]
    plain = [tar(directory("usr"), directory("usr/lib"), link("lib", "usr/lib"), entry("usr/lib/x", b"1"))]
    assert _files(store, merged, plain) == {}


def test_configuration_is_compared_field_by_field(store: Layout) -> None:
    layer = tar(entry("x", b"1"))
    _add(store, "a", [layer], env=("A=1", "B=", "C=3"), user="root", labels={"l": "1"}, created="2026-01-01T00:00:00Z")
    _add(store, "b", [layer], env=("A=2", "C=3"), user="65532", history=(History(created_by="me"),))
    found = _compare(store)
    assert {(setting.name, setting.before, setting.after) for setting in found.settings} == {
        ("config.Env.A", '"1"', '"2"'),
        ("config.Env.B", '""', None),
        ("config.User", '"root"', '"65532"'),
        ("config.Labels.l", '"1"', None),
        ("created", '"2026-01-01T00:00:00Z"', None),
        ("history.1.created_by", None, '"me"'),
    }
    assert [s.name for s in _compare(store, "env,labels,history,created").settings] == ["config.User"]
    assert _compare(store, "config").same


def test_layers_say_why_they_differ_and_how_many_bytes_are_shared(store: Layout) -> None:
    base, extra = tar(entry("x", b"1" * 5000)), tar(entry("y", b"2"), entry("z", b"3"))
    reordered = tar(entry("z", b"3"), entry("y", b"2"))
    _add(store, "a", [base, extra])
    _add(store, "b", [base, reordered])
    layers = _compare(store).layers
    assert [pair.why for pair in layers.pairs] == ["", "same entries in another order"]
    assert layers.shared == layers.pairs[0].after.size  # type: ignore[union-attr]
    _add(store, "b", [base, extra], level=1)
    assert "compressed otherwise" in _compare(store).layers.pairs[0].why


def test_owner_names_and_padding_explain_layers_whose_files_are_the_same(store: Layout) -> None:
    _add(store, "a", [tar(entry("x", b"1"))])
    _add(store, "b", [tar(entry("x", b"1", uname="root"))])
    assert "names" in _compare(store).layers.pairs[0].why
    _add(store, "b", [tar(entry("x", b"1")) + b"\0" * 10240])
    assert "padding" in _compare(store).layers.pairs[0].why


def test_texts_are_shown_and_others_say_why_not(store: Layout) -> None:
    a = tar(
        entry("t.py", b"one\ntwo\n"),
        entry("b", b"\xff\x00"),
        entry("big", b"x" * 200_000),
        link("h", "t.py", tarfile.LNKTYPE),
    )
    b = tar(
        entry("t.py", b"one\n2\n"),
        entry("b", b"\xff\x01"),
        entry("big", b"y" * 200_000),
        link("h", "t.py", tarfile.LNKTYPE),
    )
    _add(store, "a", [a])
    _add(store, "b", [b])
    texts = _compare(store, content=True).texts
    assert texts["t.py"].lines == ("--- a/t.py", "+++ b/t.py", "@@ -1,2 +1,2 @@", " one", "-two", "+2")
    assert texts["h"].lines[3:] == texts["t.py"].lines[3:]
    assert texts["b"].left_out == "not a text"
    assert "larger" in texts["big"].left_out


def test_text_of_a_file_that_several_layers_hold_is_the_one_on_top(store: Layout) -> None:
    _add(store, "a", [tar(entry("t", b"lowest\n")), tar(entry("t", b"a\n"))])
    _add(store, "b", [tar(entry("t", b"b\n")), tar(entry("other", b""))])
    assert _compare(store, content=True).texts["t"].lines[-2:] == ("-a", "+b")


def test_bytecode_that_differs_in_its_header_only_says_so(store: Layout) -> None:
    def pyc(seconds: bytes, body: bytes = b"code") -> bytes:
        return b"\xa7\x0d\x0d\x0a" + b"\0" * 4 + seconds + b"\4\0\0\0" + body

    a = tar(entry("m.pyc", pyc(b"1111")), entry("n.pyc", pyc(b"1111")))
    b = tar(entry("m.pyc", pyc(b"2222")), entry("n.pyc", pyc(b"2222", b"else")))
    found = _files(store, [a], [b])
    assert found["m.pyc"].header_only
    assert not found["n.pyc"].header_only
    assert found["m.pyc"].kind == "file, Python bytecode (magic 3495, checked by time)"


def test_files_are_known_by_their_packages(store: Layout) -> None:
    def image(version: str, content: bytes) -> bytes:
        info = f"site/demo-{version}.dist-info"
        return tar(
            directory("usr"), directory("usr/lib"), link("lib", "usr/lib"),
            entry("usr/lib/libz.so", content),
            entry("var/lib/dpkg/status.d/zlib1g", f"Package: zlib1g\nVersion: {version}\n".encode()),
            entry("var/lib/dpkg/status.d/zlib1g.md5sums", b"0123  lib/libz.so\n"),
            entry("site/demo/__init__.py", content),
            entry("site/demo/__pycache__/__init__.cpython-311.pyc", content),
            entry(f"{info}/RECORD", f"demo/__init__.py,,\n{info.removeprefix('site/')}/RECORD,,\n".encode()),
        )  # fmt: skip

    _add(store, "a", [image("1.0", b"1")])
    _add(store, "b", [image("2.0", b"2")])
    found = _compare(store)
    packages = {file.path: str(file.package) for file in found.files}
    assert packages["usr/lib/libz.so"] == "zlib1g (deb)"
    assert packages["site/demo/__init__.py"] == "demo (python)"
    assert packages["site/demo/__pycache__/__init__.cpython-311.pyc"] == "demo (python)"
    assert packages["site/demo-1.0.dist-info/RECORD"] == "demo (python)"
    assert found.packages == {("deb", "zlib1g"): ("1.0", "2.0"), ("python", "demo"): ("1.0", "2.0")}


@pytest.mark.parametrize(
    "bad",
    [entry("../x", b""), link("x", "nothing", tarfile.LNKTYPE), entry("d/" * 500 + "x", b""), entry(".wh.", b"")],
)
def test_a_damaged_layer_is_refused(store: Layout, bad: tuple[tarfile.TarInfo, bytes]) -> None:
    _add(store, "a", [tar(entry("x", b"1"))])
    _add(store, "b", [tar(bad)])
    with pytest.raises(ImageFormatError):
        _compare(store)


def test_a_layer_with_other_content_than_promised_is_refused(store: Layout) -> None:
    _add(store, "a", [tar(entry("x", b"1"))])
    layer, other = tar(entry("x", b"2")), tar(entry("x", b"3"))
    blob = store.write_blob([gzip.compress(layer, mtime=0)])
    config = ImageConfig(PLATFORM, diff_ids=(digest_of(other),))
    store.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], "b:latest")
    with pytest.raises(IntegrityError):
        _compare(store)


def test_an_unknown_word_to_ignore_is_refused(store: Layout) -> None:
    _add(store, "a", [tar(entry("x", b"1"))])
    _add(store, "b", [tar(entry("x", b"2"))])
    with pytest.raises(UsageError, match="time"):
        _compare(store, "time")
