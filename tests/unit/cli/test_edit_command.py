"""``nautiloid add`` and ``remove``: the definition and its lock change together, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.errors import NautiloidError
from nautiloid.factory.lockfile import read_lock

from ...python_index import PythonIndex, wheel_of
from ...wheelhouse import Wheelhouse

TEXT = """\
# ours
name: x
python:
  requirements:
    - web  # the server
    # end
"""


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    monkeypatch.setenv("NAUTILOID_CACHE", str(tmp_path / "cache"))
    return Wheelhouse(tmp_path / "wheels", monkeypatch)


@pytest.fixture
def place(wheels: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A locked project; of its wheel there is a newer version by now."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "nautiloid.yaml").write_text(TEXT)
    (project / "nautiloid.yaml").chmod(0o640)
    monkeypatch.chdir(project)
    wheels.put("web", "1.0")
    assert _run("lock").exit_code == 0
    wheels.put("web", "2.0")
    wheels.put("extra", "1.0", "deep")
    wheels.put("deep", "1.0")
    return project


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def _versions(place: Path) -> dict[str, str]:
    return {wheel.name: wheel.version for wheel in read_lock(place / "x.lock").wheels}


def test_add_and_remove_change_one_line_and_what_it_needs(place: Path) -> None:
    found = _run("add", "extra>=1")
    assert found.exit_code == 0, found.output
    assert (place / "nautiloid.yaml").read_text() == TEXT.replace("# the server\n", "# the server\n    - extra>=1\n")
    assert (place / "nautiloid.yaml").stat().st_mode & 0o777 == 0o640
    assert _versions(place) == {"web": "1.0", "extra": "1.0", "deep": "1.0"}
    assert "  python.requirements: + extra>=1\n" in found.stdout
    assert "  + deep 1.0\n  + extra 1.0\n" in found.stdout
    found = _run("remove", "Extra")
    assert found.exit_code == 0, found.output
    assert (place / "nautiloid.yaml").read_text() == TEXT
    assert _versions(place) == {"web": "1.0"}
    assert _run("lock", "--check").exit_code == 0


def test_adding_what_is_there_gives_it_the_new_version(place: Path) -> None:
    found = _run("add", "web>=2")
    assert "python.requirements: web -> web>=2" in found.stdout
    assert (place / "nautiloid.yaml").read_text() == TEXT.replace("- web ", "- web>=2 ")
    assert _versions(place) == {"web": "2.0"}
    assert "has web>=2 already" in _run("add", "web>=2").stdout


REFUSED = [
    (("add", "wep"), "no index has a project 'wep'"),
    (("add", "web>=9"), "there is no web>=9"),
    (("add", "not a requirement"), "is not a requirement"),
    (("add", "../x"), "is not a requirement"),
    (("add", "web @ file:///etc/passwd"), "python.requirements"),
    (("add", "deb:("), "is not a relation"),
    (("add", "deb:a, b"), "is not a relation"),
    (("remove", "numpy"), "does not list numpy"),
    (("remove", "deb:libc6"), "does not list libc6"),
    (("add", "-f", "python", "six"), "ships with Nautiloid"),
]


def test_what_cannot_be_done_leaves_everything_as_it_was(place: Path) -> None:
    lock = (place / "x.lock").read_bytes()
    for words, said in REFUSED:
        error = _run(*words).exception
        assert isinstance(error, NautiloidError), words
        assert said in str(error)
        assert (place / "nautiloid.yaml").read_text() == TEXT
        assert (place / "x.lock").read_bytes() == lock
        assert sorted(path.name for path in place.iterdir()) == ["nautiloid.yaml", "x.lock"]


def test_a_definition_behind_a_link_is_edited_where_it_lies(place: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    (place / "nautiloid.yaml").rename(real)
    (place / "nautiloid.yaml").symlink_to(real)
    assert _run("add", "extra").exit_code == 0
    assert (place / "nautiloid.yaml").is_symlink()
    assert "- extra\n" in real.read_text()


def test_files_that_the_definition_does_not_read_are_named(place: Path) -> None:
    (place / "requirements.txt").write_text("web\n")
    found = _run("add", "extra")
    assert "requirements.txt stay as they are" in found.stderr
    assert (place / "requirements.txt").read_text() == "web\n"


def test_what_an_index_of_the_definition_owns_is_added_from_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = "  indexes: [{name: acme, url: 'https://packages.example.org/simple', packages: [acme-*]}]\n"
    (place / "nautiloid.yaml").write_text(TEXT + index)
    with PythonIndex() as acme:
        acme.add(wheel_of("acme_core", "1.0"))
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", acme.url)
        found = _run("add", "acme-core")
    assert found.exit_code == 0, found.output
    wheels = {wheel.name: (wheel.version, wheel.index) for wheel in read_lock(place / "x.lock").wheels}
    assert wheels == {"web": ("1.0", ""), "acme-core": ("1.0", "acme")}
