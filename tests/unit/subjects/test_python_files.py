"""What projects pin, as something to scan: what cannot be checked is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nautiloid.project.facts import ProjectError
from nautiloid.subjects.python_files import subject_of_pipfile_lock, subject_of_python_lock, subject_of_requirements

LOCKS = {
    "uv.lock": """
version = 1
[[package]]
name = "Demo_Pkg"
version = "1.0"
source = {registry = "https://index.example/simple"}
[[package]]
name = "me"
version = "0"
source = {virtual = "."}
""",
    "poetry.lock": """
[[package]]
name = "demo-pkg"
version = "1.0"
[metadata]
lock-version = "2.1"
""",
    "pdm.lock": """\ufeff[metadata]
groups = ["default"]
[[package]]
name = "demo-pkg"
version = "1.0"
""",
    "pylock.toml": """
lock-version = "1.0"
created-by = "x"
[[packages]]
name = "demo-pkg"
version = "1.0"
[[packages]]
name = "from-a-repository"
vcs = {type = "git", url = "https://example.org/x", commit-id = "0"}
""",
}


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_says_the_same_of_one_package(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(LOCKS[name])
    (part,) = subject_of_python_lock(path).parts
    assert (part.version, part.purl) == ("1.0", "pkg:pypi/demo-pkg@1.0")


def test_a_package_without_a_version_is_not_clean_but_unchecked(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(LOCKS["pylock.toml"])
    (note,) = subject_of_python_lock(path).unread
    assert "from-a-repository has no version and was not checked" in note


def test_requirements_that_name_no_one_version_are_said(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\nb>=2\nc==3.*\nd @ git+https://example.org/d\n-e .\n")
    subject = subject_of_requirements(path)
    assert [part.name for part in subject.parts] == ["a"]
    assert len(subject.unread) == 4
    assert "'-e .') was not checked" in subject.unread[-1]


def test_pipenvs_lock_is_read_with_what_development_needs(tmp_path: Path) -> None:
    path = tmp_path / "Pipfile.lock"
    groups = {
        "default": {"demo": {"version": "==1.0"}, "local": {"path": "."}},
        "develop": {"pytest": {"version": "==9"}},
    }
    path.write_text(json.dumps({"_meta": {}, **groups}, indent=4))
    subject = subject_of_pipfile_lock(path)
    assert [(part.purl, part.line) for part in subject.parts] == [("pkg:pypi/demo@1.0", 4), ("pkg:pypi/pytest@9", 12)]
    assert subject.unread == (f"{path}: local has no version and was not checked",)


@pytest.mark.parametrize("content", ["{", "[]", '{"default": 5}', '{"default": {"x": 5}}', "[" * 100_000])
def test_a_broken_pipenv_lock_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "Pipfile.lock").write_text(content)
    with pytest.raises(ProjectError):
        subject_of_pipfile_lock(tmp_path / "Pipfile.lock")


@pytest.mark.parametrize("content", ["package = 5", "package = [5]", "a = " + "[" * 5000, "packages = {a = 1}"])
def test_a_broken_lock_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "uv.lock").write_text(content)
    with pytest.raises(ProjectError):
        subject_of_python_lock(tmp_path / "uv.lock")


def test_included_requirements_and_constraints_are_scanned_where_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.txt").write_text("a==1\n")
    (tmp_path / "pins.txt").write_text("\nb==2\nc>=1\n")
    (tmp_path / "requirements.txt").write_text(
        "-r base.txt\n-c pins.txt\nb\n-r missing.txt\n-i https://index.example\n"
    )
    subject = subject_of_requirements(tmp_path / "requirements.txt")
    assert [(part.name, part.file, part.line) for part in subject.parts] == [("a", "base.txt", 1), ("b", "pins.txt", 2)]
    assert subject.unread == ("requirements.txt:4: names a file that does not exist: missing.txt",)
    assert len(subject.notes) == 1
