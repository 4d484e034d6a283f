from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lock_differences import lock_differences
from nautiloid.factory.locked_files import lock_files
from nautiloid.factory.lockfile import Lock, LockedBuild
from nautiloid.factory.packing import pack

BEFORE = """\
name: x
debian: {packages: [libgomp1, zlib1g]}
python: {requirements: [numpy]}
files: [{from: app, to: /app}]
image: {user: "1000", env: {A: b}}
"""


def _lock(place: Path, text: str = BEFORE) -> Lock:
    (place / "app").mkdir(exist_ok=True)
    for name in ("main.py", "old.py"):
        (place / f"app/{name}").write_text("1\n")
    (place / "x.yaml").write_text(text)
    loaded = load_definition(str(place / "x.yaml"))
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    return Lock(tool="t", timestamp=moment, definition=loaded.definition, files=lock_files(loaded))


def _differences(place: Path, lock: Lock, text: str = BEFORE) -> list[str]:
    (place / "x.yaml").write_text(text)
    return list(lock_differences(lock, load_definition(str(place / "x.yaml"))))


def test_nothing_edited_nothing_said(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    (tmp_path / "app/__pycache__").mkdir()
    (tmp_path / "app/__pycache__/main.pyc").write_bytes(b"")
    assert _differences(tmp_path, lock, f"# a remark\n{BEFORE}") == []


def test_each_edit_is_named_by_its_key(tmp_path: Path) -> None:
    after = """\
name: x
debian: {packages: [zlib1g, "libssl3 (>= 3)"]}
files: [{from: app, to: /app}]
links: {/a: b}
slim: [{name: docs, because: nobody reads them, paths: [usr/share/doc/**]}]
image: {user: "0", env: {A: "c\\n"}}
"""
    assert _differences(tmp_path, _lock(tmp_path), after) == [
        "debian.packages: without libgomp1, with libssl3 (>= 3)",
        "image.env.A: c instead of b",
        "image.user: 0 instead of 1000",
        "links./a: new",
        "python: gone",
        "slim: with docs",
    ]


def test_another_order_is_a_difference(tmp_path: Path) -> None:
    after = BEFORE.replace("libgomp1, zlib1g", "zlib1g, libgomp1")
    assert _differences(tmp_path, _lock(tmp_path), after) == ["debian.packages: in another order"]


def test_files_are_compared_by_content_and_mode(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    (tmp_path / "app/main.py").chmod(0o755)
    (tmp_path / "app/old.py").unlink()
    (tmp_path / "app/new.py").write_text("2\n")
    assert _differences(tmp_path, lock) == [
        "file /app/main.py: edited", "file /app/new.py: new", "file /app/old.py: gone"
    ]  # fmt: skip


def test_of_many_files_a_few_are_named(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    for number in range(9):
        (tmp_path / f"app/{number}.py").write_text("")
    assert _differences(tmp_path, lock)[-1] == "and 4 more files"


def _entry(name: str, **more: str) -> str:
    said = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{name: {name}{said}}}"


def _with_origins(indexes: str = "", sources: str = "") -> str:
    python = f"{{requirements: [numpy], indexes: [{indexes}], sources: [{sources}]}}"
    return f"name: x\npython: {python}\n"


def test_edits_of_indexes_and_sources_are_named(tmp_path: Path) -> None:
    acme = _entry("acme", url="https://a.example.org/simple")
    before = _with_origins(acme, _entry("numpy", version="==1"))
    after = _with_origins(
        acme.replace("a.ex", "b.ex") + "," + _entry("other", url="https://c.example.org/simple"),
        _entry("lib", path="app"),
    )
    lock = _lock(tmp_path, before).model_copy(update={"files": ()})
    assert _differences(tmp_path, lock, after) == [
        "python.indexes: acme is edited, with other",
        "python.sources: without numpy, with lib",
    ]


def test_a_source_with_other_files_is_an_edit_and_so_is_one_that_was_never_built(tmp_path: Path) -> None:
    text = _with_origins(sources=f"{_entry('lib', path='app')}, {_entry('other')}")
    lock = _lock(tmp_path, text).model_copy(update={"files": ()})
    file = {"sha256": "0" * 64, "size": 1}
    source = {**file, "sha256": pack(tmp_path / "app")}
    wheel = {"name": "lib", "version": "1", "filename": "lib-1-py3-none-any.whl", **file}
    build = LockedBuild.model_validate({"wheel": wheel, "source": source, "backend": "b", "builder": "sha256:0"})
    lock = lock.model_copy(update={"builds": (build,)})
    assert _differences(tmp_path, lock, text) == ["source other: not built"]
    (tmp_path / "app/main.py").write_text("2\n")
    assert _differences(tmp_path, lock, text) == ["source lib: edited", "source other: not built"]
