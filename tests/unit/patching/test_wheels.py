"""Replacing a Python distribution: the smallest fix, and nothing that would break another."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nautiloid.inspection.file_tree import FileTree
from nautiloid.inspection.layer_listing import KeepWanted, list_layer
from nautiloid.net.store import Store
from nautiloid.patching.contents import read_contents
from nautiloid.patching.overlay import Overlay
from nautiloid.patching.wheels import UnfitWheelError, WheelPatcher

from ..inspection.images import File, image_of
from ..updating.test_cool_down import Index

SITE = "usr/local/lib/python3.11/site-packages"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    running = Index()
    for name, value in (("CONFIG_FILE", "/dev/null"), ("INDEX_URL", running.url), ("NO_CACHE_DIR", "1"),
                        ("EXTRA_INDEX_URL", ""), ("FIND_LINKS", "")):  # fmt: skip
        monkeypatch.setenv(f"PIP_{name}", value)
    yield running
    running.close()


def _distribution(name: str, version: str, requires: str = "", more: dict[str, str] | None = None) -> list[File]:
    info = f"{SITE}/{name}-{version}.dist-info"
    needed = f"Requires-Dist: {requires}\n" if requires else ""
    files = {f"{SITE}/{name}.py": "old\n", f"{SITE}/__pycache__/{name}.cpython-311.pyc": "p",
             f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
             **(more or {})}  # fmt: skip
    rows = "".join(f"{path.removeprefix(f'{SITE}/')},,\n" for path in files)
    rows += f"{info.removeprefix(f'{SITE}/')}/RECORD,,\n../../../bin/{name},,\n"
    files |= {f"{info}/RECORD": rows, f"usr/local/bin/{name}": "#!/usr/bin/python3\n"}
    return [File(path, content.encode()) for path, content in files.items()]


def _replace(place: Path, files: list[File], directory: str, fixed: str) -> tuple[str, dict[str, bytes | None]]:
    """Return the new version, and the patched image's files: bytes of those that were put."""
    with image_of(place / "image", files) as source:
        contents = read_contents(source)
    with closing(Overlay(contents, 0)) as overlay:
        patcher = WheelPatcher(contents, overlay, Store(place / "store"), "amd64", "bookworm")
        version = patcher.replace(f"{SITE}/{directory}", fixed)
        layer = b"".join(overlay.tar())
    tree = FileTree()
    tree.apply([file.entry for file in contents.files.values() if file.entry is not None])
    tree.apply(list_layer(io.BytesIO(layer), KeepWanted(lambda *_: True)))
    found = {}
    for path, file in tree.files().items():
        facts = file.entry.facts if file.entry is not None else None
        found[path] = facts if isinstance(facts, bytes) else None
    return version, found


@pytest.mark.parametrize(("fixed", "version"), [("2.0", "2.0"), ("1.5", "3.0"), ("3.0", "3.0")])
def test_the_smallest_version_that_fixes_it(index: Index, tmp_path: Path, fixed: str, version: str) -> None:
    got, files = _replace(tmp_path, _distribution("demo", "1.0"), "demo-1.0.dist-info", fixed)
    assert got == version
    assert files[f"{SITE}/demo.py"] == f"version = '{version}'\n".encode()
    assert not any("demo-1.0.dist-info/" in path for path in files)
    assert f"{SITE}/__pycache__/demo.cpython-311.pyc" not in files
    assert files["usr/local/bin/demo"] is None, "the console script stays as it was"
    record = files[f"{SITE}/demo-{version}.dist-info/RECORD"]
    assert record is not None
    listed = {row[0] for row in csv.reader(io.StringIO(record.decode()))}
    assert {"demo.py", "../../../bin/demo", f"demo-{version}.dist-info/METADATA"} <= listed


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (_distribution("other", "1.0", "demo<2"), "other needs demo<2, which 2.0 is not"),
        (_distribution("other", "1.0", 'demo<2; python_version < "3"'), ""),
        (_distribution("other", "1.0", "demo==0.5"), ""),
        ([File(f"{SITE}/demo-1.0.dist-info/direct_url.json", b"{}")], "direct_url.json"),
        ([File(f"{SITE}/demo-1.0.dist-info/entry_points.txt", b"[console_scripts]\ndemo = demo:x\n")], "entry points"),
    ],
)  # fmt: skip
def test_what_would_break_something_is_refused(index: Index, tmp_path: Path, more: list[File], reason: str) -> None:
    files = [*_distribution("demo", "1.0"), *more]
    if not reason:
        assert _replace(tmp_path, files, "demo-1.0.dist-info", "2.0")[0] == "2.0"
        return
    with pytest.raises(UnfitWheelError, match=reason):
        _replace(tmp_path, files, "demo-1.0.dist-info", "2.0")


def test_a_fix_that_no_wheel_brings_and_a_distribution_without_a_record(index: Index, tmp_path: Path) -> None:
    with pytest.raises(UnfitWheelError, match="no wheel of 9"):
        _replace(tmp_path / "a", _distribution("demo", "1.0"), "demo-1.0.dist-info", "9.0")
    files = [file for file in _distribution("demo", "1.0") if not file.path.endswith("RECORD")]
    with pytest.raises(UnfitWheelError, match="nothing records"):
        _replace(tmp_path / "b", files, "demo-1.0.dist-info", "2.0")
