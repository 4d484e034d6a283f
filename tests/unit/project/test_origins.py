"""A project's own sources and indexes become those of its definition, which loads; secrets do not."""

from __future__ import annotations

from pathlib import Path

import yaml

from nautiloid.project.draft import check_draft
from nautiloid.project.survey import draft_definition

UV = """
[project]
name = "app"
version = "1"
dependencies = ["torch-extra", "fastsum", "acme-lib", "libfoo", "direct @ git+https://git.example.org/d.git@v2#subdirectory=py"]
[[tool.uv.index]]
name = "Acme"
url = "https://packages.example.org/simple"
explicit = true
[[tool.uv.index]]
name = "leaky"
url = "https://me:hunter2@packages.example.org/simple"
[tool.uv.sources]
acme-lib = { index = "Acme" }
fastsum = { git = "https://git.example.org/fastsum.git", tag = "v1" }
libfoo = { path = "libs/foo", editable = true }
"""
POETRY = """
[tool.poetry]
name = "app"
[tool.poetry.dependencies]
python = "^3.11"
fastsum = { git = "https://git.example.org/fastsum.git", rev = "abc123" }
libfoo = { path = "libs/foo", develop = true }
acme-lib = { version = "^1.2", source = "acme" }
[[tool.poetry.source]]
name = "acme"
url = "https://packages.example.org/simple"
priority = "explicit"
"""


def _python(root: Path, pyproject: str) -> tuple[dict[str, object], str]:
    (root / "pyproject.toml").write_text(pyproject.replace(', "direct', ',\n"direct'))
    (root / "main.py").write_text("print(1)\n")
    text = draft_definition(root).to_yaml()
    check_draft(text)
    return yaml.safe_load(text)["python"], text


def test_uvs_tables(tmp_path: Path) -> None:
    python, text = _python(tmp_path, UV)
    assert python["indexes"] == [
        {"name": "acme", "url": "https://packages.example.org/simple", "packages": ["acme-lib"]}
    ]
    assert sorted(python["sources"], key=lambda source: source["name"]) == [  # type: ignore[call-overload]
        {"name": "direct", "git": "https://git.example.org/d.git", "ref": "v2", "subdirectory": "py"},
        {"name": "fastsum", "git": "https://git.example.org/fastsum.git", "ref": "v1"},
        {"name": "libfoo", "path": "libs/foo"},
    ]
    assert {"acme-lib", "direct", "fastsum", "libfoo", "torch-extra"} == set(python["requirements"])  # type: ignore[call-overload]
    assert "hunter2" not in text
    assert "credentials" in text


def test_poetrys_tables(tmp_path: Path) -> None:
    python, _ = _python(tmp_path, POETRY)
    assert [index["packages"] for index in python["indexes"]] == [["acme-lib"]]  # type: ignore[attr-defined]
    assert {source["name"] for source in python["sources"]} == {"fastsum", "libfoo"}  # type: ignore[attr-defined]
    assert "fastsum" in python["requirements"]  # type: ignore[operator]


def test_a_git_line_of_a_requirements_file(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("demo @ git+https://git.example.org/demo.git@main\n")
    (tmp_path / "main.py").write_text("print(1)\n")
    python = yaml.safe_load(draft_definition(tmp_path).to_yaml())["python"]
    assert python["requirements"] == ["demo"]
    assert python["sources"] == [{"name": "demo", "git": "https://git.example.org/demo.git", "ref": "main"}]


def test_what_cannot_be_carried_over_is_said_without_its_secret(tmp_path: Path) -> None:
    secret = "https://me:hunter2@packages.example.org"
    lines = [f"--index-url {secret}/simple", f"a @ {secret}/a.whl", f"b @ git+{secret}/b.git"]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    (tmp_path / "main.py").write_text("print(1)\n")
    draft = draft_definition(tmp_path)
    said = " ".join(note.message for note in draft.notes)
    assert "hunter2" not in draft.to_yaml() + said
    assert said.count("packages.example.org") == 3
    assert list(draft.sources) == []
