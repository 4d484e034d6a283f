"""An edited definition is locked anew, by the real pip: what the edit does not touch stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.wheels.resolver import Bounds, ResolutionError
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.progress import SILENT
from nautiloid.updating.relock import Relocking
from nautiloid.workflows.locking import make_lock

from ...wheelhouse import Wheelhouse


class Project:
    """A definition that is edited, and its lock."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.notes: list[str] = []

    def edit(self, *requirements: str, more: str = "") -> None:
        text = f"name: app\nsummary: an application\npython: {{requirements: {list(requirements)}}}\n{more}"
        (self._place / "nautiloid.yaml").write_text(text)

    def lock(self, *pins: str) -> Lock:
        with Fetcher(Store(self._place / "store"), SILENT) as fetcher:
            return make_lock(load_definition(str(self._place)), fetcher, None, Bounds(pins))

    def relock(self, old: Lock) -> Lock:
        with Fetcher(Store(self._place / "store"), SILENT) as fetcher:
            relocking = Relocking(load_definition(str(self._place)), fetcher, Mirrors())
            new = relocking.relock(old)
        self.notes = relocking.notes
        return new


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    return Wheelhouse(tmp_path / "wheels", monkeypatch)


@pytest.fixture
def project(wheels: Wheelhouse, tmp_path: Path) -> Project:
    return Project(tmp_path)


def _versions(lock: Lock) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in lock.wheels}


def test_a_new_requirement_comes_and_the_others_stay(project: Project, wheels: Wheelhouse) -> None:
    wheels.put("web", "1.0", "base")
    wheels.put("base", "1.0")
    project.edit("web")
    old = project.lock()
    for name in ("web", "base", "extra"):
        wheels.put(name, "2.0", "base" if name != "base" else "six", *(["six"] if name == "extra" else []))
    wheels.put("six", "1.0")
    project.edit("web", "extra")
    new = project.relock(old)
    assert _versions(new) == {"web": "1.0", "base": "1.0", "extra": "2.0", "six": "1.0"}
    assert {one.name: one.wanted_by for one in new.wheels}["base"] == ("extra", "web")
    assert project.notes == []


def test_what_nothing_wants_any_more_goes(project: Project, wheels: Wheelhouse) -> None:
    for name, needs in (("web", ["base"]), ("other", ["base", "deep"]), ("base", []), ("deep", [])):
        wheels.put(name, "1.0", *needs)
    project.edit("web", "other")
    old = project.lock()
    wheels.put("base", "2.0")
    project.edit("web")
    assert _versions(project.relock(old)) == {"web": "1.0", "base": "1.0"}


def test_only_what_cannot_stay_moves_along(project: Project, wheels: Wheelhouse) -> None:
    """The edit moves numpy; pandas must follow, and a new need of pandas' comes; six could move, and does not."""
    wheels.put("numpy", "1.0")
    wheels.put("pandas", "1.0", "numpy<2", "six")
    wheels.put("six", "1.0")
    wheels.put("idle", "1.0", "six")
    project.edit("numpy", "pandas", "idle")
    old = project.lock()
    wheels.put("numpy", "2.0")
    wheels.put("pandas", "2.0", "numpy>=2", "six", "dates")
    wheels.put("dates", "3.0")
    wheels.put("six", "2.0")
    wheels.put("idle", "2.0", "six")
    project.edit("numpy>=2", "pandas", "idle")
    expected = {"numpy": "2.0", "pandas": "2.0", "six": "1.0", "idle": "1.0", "dates": "3.0"}
    assert _versions(project.relock(old)) == expected
    assert project.notes == []


def test_what_is_not_to_be_had_any_more_is_said(project: Project, wheels: Wheelhouse) -> None:
    first = wheels.put("web", "1.0")
    project.edit("web")
    old = project.lock()
    first.unlink()
    wheels.put("web", "2.0")
    wheels.put("extra", "1.0")
    project.edit("web", "extra")
    assert _versions(project.relock(old)) == {"web": "2.0", "extra": "1.0"}
    assert "the wheels could not stay as they were" in project.notes[0]


def test_the_same_version_is_the_same_file(project: Project, wheels: Wheelhouse) -> None:
    wheels.put("web", "1.0")
    wheels.put("extra", "1.0")
    project.edit("web")
    old = project.lock()
    wheels.put("web", "1.0", body="# other bytes\n")
    project.edit("web", "extra")
    new = project.relock(old)
    assert [one for one in new.wheels if one.name == "web"] == list(old.wheels)


def test_settings_files_and_weights_need_no_index(project: Project, wheels: Wheelhouse, tmp_path: Path) -> None:
    wheels.put("web", "1.0")
    wheels.put("model", "1.0", body="weights = 1\n")
    weights = 'weights: [{name: model, to: /m, wheel: "model==1.0", member: model.py}]\n'
    (tmp_path / "app.py").write_text("1\n")
    files = "files: [{from: app.py, to: /app.py}]\n"
    project.edit("web", more=f"{weights}{files}")
    old = project.lock()
    for file in wheels.directory.iterdir():
        file.unlink()
    (tmp_path / "app.py").write_text("2\n")
    project.edit("web", more=f"{weights}{files}image: {{user: '1000:1000'}}\n")
    new = project.relock(old)
    assert (new.wheels, new.weights, new.timestamp) == (old.wheels, old.weights, old.timestamp)
    assert new.files != old.files
    assert new.definition.image.user == "1000:1000"


def test_what_cannot_be_met_is_an_error_and_says_so_of_the_requirement(project: Project, wheels: Wheelhouse) -> None:
    wheels.put("web", "1.0")
    project.edit("web")
    old = project.lock()
    project.edit("web", "wep")
    with pytest.raises(ResolutionError, match="wep"):
        project.relock(old)
