"""An edit of where wheels come from moves those that it is about, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import NOTHING_BUILT, BuiltWheels, Lock, LockedBuild, LockedWheel
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT
from nautiloid.updating.relock import Relocking

from ...python_index import PythonIndex, wheel_of
from ...wheelhouse import Wheelhouse

ACME: dict[str, Any] = {"name": "acme", "url": "https://packages.example.org/simple", "packages": ["tool"]}


class Project:
    """A definition that is edited, its lock, and the wheels that stand for built ones."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._store = Store(place / "store")

    def edit(self, requirements: list[str], **python: Any) -> None:
        definition = {"name": "app", "python": {"requirements": requirements, **python}}
        (self._place / "nautiloid.yaml").write_text(yaml.safe_dump(definition))

    def lock(self, built: BuiltWheels = NOTHING_BUILT) -> Lock:
        with Fetcher(self._store, SILENT) as fetcher:
            return make_lock(load_definition(str(self._place)), fetcher, built=built)

    def relock(self, old: Lock, built: BuiltWheels = NOTHING_BUILT) -> Lock:
        with Fetcher(self._store, SILENT) as fetcher:
            return Relocking(load_definition(str(self._place)), fetcher, Mirrors(), built).relock(old)

    def built(self, name: str, version: str, code: str = "") -> BuiltWheels:
        filename, data = wheel_of(name, version, code=code)
        stored = self._store.put([data])
        wheel = LockedWheel(name=name, version=version, filename=filename, size=stored.size, sha256=stored.sha256)
        source = {"sha256": stored.sha256, "size": stored.size}
        build = LockedBuild.model_validate({"wheel": wheel, "source": source, "backend": "b", "builder": "sha256:0"})
        return BuiltWheels((build,))


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    found = Wheelhouse(tmp_path / "wheels", monkeypatch)
    found.put("web", "1.0")
    found.put("tool", "1.0")
    return found


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[PythonIndex]:
    with PythonIndex() as index:
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", index.url)
        yield index


@pytest.fixture
def project(wheels: Wheelhouse, tmp_path: Path) -> Project:
    return Project(tmp_path)


def _held(lock: Lock) -> dict[str, tuple[str, str]]:
    return {wheel.name: (wheel.version, wheel.index) for wheel in lock.wheels}


def _file(lock: Lock, name: str) -> str:
    return next(wheel.sha256 for wheel in lock.wheels if wheel.name == name)


@pytest.mark.parametrize("version", ["1.0", "0.5"])
def test_what_an_index_owns_from_now_on_comes_from_it(
    project: Project, wheels: Wheelhouse, acme: PythonIndex, version: str
) -> None:
    project.edit(["web", "tool"])
    old = project.lock()
    wheels.put("web", "2.0")
    acme.add(wheel_of("tool", version, code="theirs = True"))
    project.edit(["web", "tool"], indexes=[ACME])
    new = project.relock(old)
    assert _held(new) == {"web": ("1.0", ""), "tool": (version, "acme")}
    assert _file(new, "tool") != _file(old, "tool")
    project.edit(["web", "tool"])
    assert _held(project.relock(new)) == {"web": ("1.0", ""), "tool": ("1.0", "")}


def test_what_is_built_from_source_from_now_on_is_no_longer_the_index_s(project: Project, wheels: Wheelhouse) -> None:
    project.edit(["web", "tool"])
    old = project.lock()
    wheels.put("web", "2.0")
    first, second = project.built("tool", "1.0", "a = 1"), project.built("tool", "1.0", "a = 2")
    project.edit(["web", "tool"], sources=[{"name": "tool"}])
    for built in (first, second):  # a new source, and the same one edited: the version is no sign
        old = project.relock(old, built)
        assert _held(old) == {"web": ("1.0", ""), "tool": ("1.0", "")}
        assert _file(old, "tool") == built.builds[0].wheel.sha256
        assert old.built == built
    project.edit(["web", "tool"])
    new = project.relock(old)
    assert _held(new) == {"web": ("1.0", ""), "tool": ("1.0", "")}
    assert _file(new, "tool") not in {one.builds[0].wheel.sha256 for one in (first, second)}
    assert new.built == NOTHING_BUILT


def test_an_edited_source_of_another_version_moves_nothing_else(project: Project, wheels: Wheelhouse) -> None:
    project.edit(["web", "tool"], sources=[{"name": "tool"}])
    old = project.lock(project.built("tool", "7.0"))
    wheels.put("web", "2.0")
    new = project.relock(old, project.built("tool", "8.0"))
    assert _held(new) == {"web": ("1.0", ""), "tool": ("8.0", "")}


def test_settings_leave_a_lock_with_built_wheels_alone(project: Project, wheels: Wheelhouse) -> None:
    built = project.built("tool", "7.0")
    project.edit(["web", "tool"], sources=[{"name": "tool"}])
    old = project.lock(built)
    for file in wheels.directory.iterdir():
        file.unlink()
    project.edit(["web", "tool"], sources=[{"name": "tool"}], cold=["**/tests/**"])
    new = project.relock(old, built)
    assert (new.wheels, new.built) == (old.wheels, old.built)
