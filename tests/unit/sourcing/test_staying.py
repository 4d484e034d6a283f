"""Which builds an edit of the definition leaves alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nautiloid.factory.definition import Definition
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import Lock, LockedBuild
from nautiloid.factory.packing import pack
from nautiloid.sourcing.staying import Staying, what_stays

GIT = {"name": "fromgit", "git": "https://git.example.org/x.git", "ref": "v1"}
PATH = {"name": "frompath", "path": "lib"}
SDIST = {"name": "fromindex", "version": "<2"}
INDEX = {"name": "acme", "url": "https://packages.example.org/simple", "packages": ["fromindex"]}
BEFORE: dict[str, Any] = {"sources": [GIT, PATH, SDIST], "indexes": [INDEX]}
MOMENT = "2026-01-02T00:00:00Z"


def _lock(place: Path, *packages: str) -> Lock:
    (place / "lib").mkdir()
    (place / "lib/setup.py").write_text("1")
    builder = Definition.model_validate(
        {"name": "builder", "debian": {"packages": ["python3", *packages]}, "python": {"version": "3.11"}}
    )
    hashes = {"fromgit": "1" * 64, "frompath": pack(place / "lib"), "fromindex": "2" * 64}
    builds = [_build(name, sha256) for name, sha256 in hashes.items()]
    return Lock.model_validate(
        {"tool": "t", "timestamp": MOMENT, "definition": _definition(place, BEFORE), "builds": builds,
         "builder": {"tool": "t", "timestamp": MOMENT, "definition": builder}}
    )  # fmt: skip


def _build(name: str, sha256: str) -> LockedBuild:
    wheel = {"name": name, "version": "1", "filename": f"{name}-1-py3-none-any.whl", "size": 1, "sha256": "0" * 64}
    source = {"sha256": sha256, "size": 1, "index": "acme" if name == "fromindex" else ""}
    return LockedBuild.model_validate({"wheel": wheel, "source": source, "backend": "b", "builder": "sha256:0"})


def _definition(place: Path, python: dict[str, Any]) -> Definition:
    text = {"name": "x", "python": {"requirements": ["fromgit", "frompath", "fromindex"], **python}}
    (place / "x.yaml").write_text(yaml.safe_dump(text))
    return load_definition(str(place / "x.yaml")).definition


def _staying(place: Path, lock: Lock | None, python: dict[str, Any]) -> Staying:
    _definition(place, python)
    return what_stays(lock, load_definition(str(place / "x.yaml")))


def test_what_nobody_edited_stays(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    found = _staying(tmp_path, lock, BEFORE)
    assert found.builder == lock.builder
    assert tuple(found.builds.values()) == lock.builds
    assert _staying(tmp_path, None, BEFORE) == Staying()


@pytest.mark.parametrize(
    ("python", "rebuilt"),
    [
        ({**BEFORE, "sources": [{**GIT, "ref": "v2"}, PATH, SDIST]}, "fromgit"),
        ({**BEFORE, "sources": [GIT, {**PATH, "env": {"A": "b"}}, SDIST]}, "frompath"),
        ({**BEFORE, "sources": [GIT, PATH, {**SDIST, "version": "<3"}]}, "fromindex"),
        ({**BEFORE, "indexes": []}, "fromindex"),
        ({**BEFORE, "indexes": [{**INDEX, "url": "https://others.example.org/simple"}]}, "fromindex"),
        ({**BEFORE, "indexes": [{**INDEX, "packages": ["other"]}]}, "fromindex"),
    ],
)
def test_what_an_edit_is_about_is_built_anew(tmp_path: Path, python: dict[str, Any], rebuilt: str) -> None:
    found = _staying(tmp_path, _lock(tmp_path), python)
    assert set(found.builds) == {"fromgit", "frompath", "fromindex"} - {rebuilt}


def test_edited_files_of_a_source_are_built_anew(tmp_path: Path) -> None:
    lock = _lock(tmp_path)
    (tmp_path / "lib/setup.py").write_text("2")
    assert set(_staying(tmp_path, lock, BEFORE).builds) == {"fromgit", "fromindex"}


def test_another_builder_builds_all_anew_from_the_same_sources(tmp_path: Path) -> None:
    python = {**BEFORE, "sources": [GIT, {**PATH, "packages": ["build-essential"]}, SDIST]}
    lock = _lock(tmp_path)
    found = _staying(tmp_path, lock, python)
    assert (found.builder, dict(found.builds)) == (None, {})
    assert dict(found.sources) == {
        build.wheel.name: build.source for build in lock.builds if build.wheel.name != "frompath"
    }


def test_a_builder_that_has_more_will_do(tmp_path: Path) -> None:
    lock = _lock(tmp_path, "build-essential")
    assert _staying(tmp_path, lock, BEFORE).builder == lock.builder
