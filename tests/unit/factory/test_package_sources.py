"""What a definition may say of its sources, and their archives: the same tree has the same hash anywhere."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import DefinitionError, LoadedDefinition, OutsideError, load_definition
from nautiloid.factory.package_sources import PackageSource
from nautiloid.factory.packing import pack, source_directory

GIT = "https://git.example.org/x.git"


def _loaded(place: Path, text: str) -> LoadedDefinition:
    path = place / "image.yaml"
    path.write_text(f"name: x\npython: {{requirements: [x], {text}}}", encoding="utf-8")
    return load_definition(str(path))


@pytest.mark.parametrize(
    "source",
    [
        "{name: x, git: 'file:///etc'}",
        "{name: x, git: 'ext::sh -c id'}",
        "{name: x, git: 'https://me:secret'}",
        "{name: x, git: 'https://git.example.org'}",
        "{name: x, git: '--upload-pack=id'}",
        "{name: x, git: 'http://git.example.org/x.git'}",
        "{name: x, git: 'https://me:secret@git.example.org/x.git'}",
        f"{{name: x, git: '{GIT}?token=secret'}}",
        f"{{name: x, git: '{GIT}', ref: '--output=/etc/x'}}",
        f"{{name: x, git: '{GIT}', path: libs}}",
        f"{{name: x, git: '{GIT}', version: ==1}}",
        "{name: x, ref: v1}",
        "{name: x, path: ../outside}",
        "{name: x, path: /etc}",
        "{name: x, subdirectory: ../..}",
        "{name: x, version: newest}",
        "{name: x, env: {LD_PRELOAD: x}}",
        "{name: x, env: {SOURCE_DATE_EPOCH: '1'}}",
        "{name: x, network: true}",
        "{name: '-e .'}",
        "{name: x}, {name: X}",
    ],
)
def test_what_cannot_be_a_source_is_no_definition(tmp_path: Path, source: str) -> None:
    with pytest.raises(DefinitionError, match=r"python\.sources"):
        _loaded(tmp_path, f"sources: [{source}]")


def test_a_definition_without_sources_has_the_lock_that_it_had(tmp_path: Path) -> None:
    assert "sources" not in _loaded(tmp_path, "never: {}").definition.to_data()["python"]
    said: Any = _loaded(tmp_path, f"sources: [{{name: X, git: '{GIT}', ref: v1}}]").definition.python
    assert said.sources == (PackageSource(name="X", git=GIT, ref="v1"),)
    assert said.sources[0].key == "x"


def test_a_source_stays_below_the_definition_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project/link").symlink_to(tmp_path / "elsewhere")
    loaded = _loaded(tmp_path / "project", "sources: [{name: x, path: link}]")
    source = PackageSource(name="x", path="link")
    with pytest.raises(OutsideError) as caught:
        source_directory(source, loaded)
    assert "--allow-outside" in caught.value.hint
    allowed = LoadedDefinition(loaded.definition, loaded.path, (), (tmp_path / "elsewhere",))
    assert source_directory(source, allowed) == tmp_path / "elsewhere"
    with pytest.raises(UsageError, match="does not exist"):
        source_directory(PackageSource(name="x", path="gone"), loaded)


def _tree(root: Path, order: list[str]) -> Path:
    for name in order:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_a_tree_has_one_hash_whatever_its_order_times_and_leftovers(tmp_path: Path) -> None:
    names = ["setup.py", "pkg/__init__.py", "pkg/build/__init__.py"]
    first, second = _tree(tmp_path / "a", names), _tree(tmp_path / "b", names[::-1])
    os.utime(second / "setup.py", (1, 1))
    _tree(second, [".git/config", "build/lib/x", "pkg/__pycache__/x.pyc", "x.egg-info/PKG-INFO", "nautiloid.yaml"])
    (second / "image.lock").write_text("{}")
    written = io.BytesIO()
    assert pack(first, written) == pack(second)
    written.seek(0)
    with tarfile.open(fileobj=written) as archive:
        assert [member.name for member in archive if member.isreg()] == sorted(names, key=lambda name: name.split("/"))
    (second / "pkg/__init__.py").write_text("edited")
    assert pack(first) != pack(second)
    (first / "setup.py").chmod(0o755)
    assert pack(first) != pack(_tree(tmp_path / "c", names))


@pytest.mark.parametrize("target", ["../outside", "/etc/passwd"])
def test_a_tree_with_a_link_out_of_it_is_refused(tmp_path: Path, target: str) -> None:
    root = _tree(tmp_path / "a", ["setup.py"])
    (root / "link").symlink_to(target)
    with pytest.raises(UsageError, match="leads out"):
        pack(root)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="neither file nor directory"):
        pack(tmp_path)
