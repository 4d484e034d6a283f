from __future__ import annotations

from pathlib import Path

import pytest

from nautiloid.project.facts import Notebook, ProjectError
from nautiloid.project.requirements import constrained, read_requirements


def _read(root: Path, text: str) -> tuple[list[tuple[str, str]], Notebook, bool]:
    (root / "requirements.txt").write_text(text, encoding="utf-8")
    notebook = Notebook()
    found = read_requirements(root / "requirements.txt", root, notebook)
    return [(str(one.requirement), one.origin) for one in found.wanted], notebook, found.installs_project


def test_comments_continued_lines_hashes_markers_and_extras(tmp_path: Path) -> None:
    found, notebook, _ = _read(
        tmp_path,
        "# a comment\n\nuvicorn[standard]>=0.30  # why\n"
        "numpy==2.1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
        'pywin32; sys_platform == "win32"\n',
    )
    assert found == [
        ("uvicorn[standard]>=0.30", "requirements.txt:3"),
        ("numpy==2.1.0", "requirements.txt:4"),
        ('pywin32; sys_platform == "win32"', "requirements.txt:7"),
    ]
    assert notebook.notes == []


def test_other_files_are_followed_once_and_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "reqs").mkdir()
    (tmp_path / "reqs/base.txt").write_text("numpy\n-r more.txt\n")
    (tmp_path / "reqs/more.txt").write_text("scipy\n-r base.txt\n")
    found, _, _ = _read(tmp_path, "-r reqs/base.txt\n--requirement=reqs/more.txt\n")
    assert found == [("numpy", "reqs/base.txt:1"), ("scipy", "reqs/more.txt:1")]


@pytest.mark.parametrize(
    "line",
    [
        "git+https://example.org/x.git",
        "-e git+https://example.org/x.git#egg=x",
        "x @ https://example.org/x.whl",
        "./wheels/x.whl",
        "--index-url https://example.org/simple",
        "-f https://example.org/",
        "-r missing.txt",
        "${PACKAGE}==1",
        "not a requirement at all",
        "--no-binary :all:",
    ],
)
def test_what_is_not_supported_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    found, notebook, _ = _read(tmp_path, f"numpy\n{line}\n")
    assert [text for text, _ in found] == ["numpy"]
    assert [note.origin for note in notebook.notes] == ["requirements.txt:2"]


@pytest.mark.parametrize("line", [".", "-e .", "--editable=.", "-e .[train]", "./"])
def test_the_project_itself_is_no_requirement(tmp_path: Path, line: str) -> None:
    found, notebook, installs = _read(tmp_path, f"{line}\n")
    assert found == []
    assert installs
    assert notebook.notes == []


def test_constraints_narrow_what_is_wanted_and_bring_nothing_in(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-c pins.txt\nnumpy>=1\n")
    (tmp_path / "pins.txt").write_text("numpy<2.2\nscipy==1.0\n")
    notebook = Notebook()
    found = read_requirements(tmp_path / "requirements.txt", tmp_path, notebook)
    wanted = constrained(found.wanted, found.constraints, notebook)
    assert [str(one.requirement) for one in wanted] == ["numpy<2.2,>=1"]
    assert ["scipy" in note.message for note in notebook.notes] == [True]


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe\x00n")
    with pytest.raises(ProjectError):
        read_requirements(tmp_path / "requirements.txt", tmp_path, Notebook())
