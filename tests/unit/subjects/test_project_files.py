"""A directory, or a repository with many projects: everything that pins something is found, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.factory.lockfile import write_lock
from nautiloid.subjects.reading import subject_of_project
from nautiloid.vulns.model import Subject

from ..factory.test_lockfile import _lock

LOCK = '[[package]]\nname = "{0}"\nversion = "1.0"\n'


def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Subject | None:
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return subject_of_project(Path())


def test_every_project_of_a_repository_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "uv.lock": LOCK.format("a"), "services/api/poetry.lock": LOCK.format("b"), "tools/dev-requirements.txt": "c==1",
        "web/requirements/base.txt": "d==1", "jobs/Pipfile.lock": '{"default": {"e": {"version": "==1"}}}',
    }  # fmt: skip
    installed = {
        ".venv/uv.lock": LOCK.format("no"), "env/pyvenv.cfg": "", "env/requirements.txt": "no==1",
        "web/node_modules/x/requirements.txt": "no==1",
    }  # fmt: skip
    subject = _project(tmp_path, monkeypatch, **found, **installed)
    assert subject is not None
    assert {part.name: part.file for part in subject.parts} == {
        "a": "uv.lock", "b": "services/api/poetry.lock", "c": "tools/dev-requirements.txt",
        "d": "web/requirements/base.txt", "e": "jobs/Pipfile.lock",
    }  # fmt: skip
    assert subject.unread == ()


def test_what_is_not_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"uv.lock": LOCK.format("a"), "requirements-dev.txt": "b==1", "web/package-lock.json": "{}"}
    subject = _project(tmp_path, monkeypatch, **files)
    assert subject is not None
    assert [part.name for part in subject.parts] == ["a"]
    assert subject.notes == ("requirements-dev.txt was not read: the lock beside it counts",)
    assert subject.unread == ("web/package-lock.json was not read: locks of its kind are not known",)


def test_a_lock_of_our_own_is_found_in_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(_lock(), tmp_path / "app.lock")
    subject = _project(tmp_path, monkeypatch, **{"sub/requirements.txt": "b==1"})
    assert subject is not None
    assert {part.name: part.file for part in subject.parts} == {"a": "app.lock", "b": "sub/requirements.txt"}


def test_links_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "around").symlink_to(tmp_path, target_is_directory=True)
    subject = _project(tmp_path, monkeypatch, **{"requirements.txt": "a==1"})
    assert subject is not None
    assert len(subject.parts) == 1


def test_a_directory_without_any_is_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _project(tmp_path, monkeypatch, **{"main.py": "", "a.lock": "not ours"}) is None
