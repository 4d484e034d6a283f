"""What projects pin, as something to scan: what cannot be checked is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.subjects.python_files import subject_of_python_lock, subject_of_requirements

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
    (note,) = subject_of_python_lock(path).notes
    assert "from-a-repository has no version and was not checked" in note


def test_requirements_that_name_no_one_version_are_said(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("a==1\nb>=2\nc==3.*\nd @ git+https://example.org/d\n-e .\n")
    subject = subject_of_requirements(path)
    assert [part.name for part in subject.parts] == ["a"]
    assert len(subject.notes) == 4
    assert "'-e .') was not checked" in subject.notes[-1]
