"""A project's own sources and indexes become those of its definition, which loads; secrets do not."""

from __future__ import annotations

from pathlib import Path

import pytest
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


def _library(root: Path, place: str, name: str) -> None:
    (root / place).mkdir(parents=True)
    (root / place / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')


def test_directories_of_a_requirements_file_are_sources_by_the_names_that_they_say(tmp_path: Path) -> None:
    _library(tmp_path, "libs/foo", "acme-foo")
    _library(tmp_path, "bar", "bar")
    (tmp_path / "nameless").mkdir()
    lines = ["-e ./libs/foo[fast]", "./bar", "./nameless", "./../outside", "-e ."]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    (tmp_path / "main.py").write_text("print(1)\n")
    draft = draft_definition(tmp_path)
    check_draft(draft.to_yaml())
    python = yaml.safe_load(draft.to_yaml())["python"]
    assert python["requirements"] == ["acme-foo[fast]", "bar"]
    assert python["sources"] == [{"name": "acme-foo", "path": "libs/foo"}, {"name": "bar", "path": "bar"}]
    told = [note.message for note in draft.notes if "python.sources" in note.message]
    assert [message.rpartition(" ")[2] for message in told] == ["./nameless", "./../outside"]


WORKSPACE = """
[project]
name = "app"
version = "1"
dependencies = ["member", "lost", "remote"]
[tool.uv.workspace]
members = ["libs/*", "../elsewhere/*"]
[tool.uv.sources]
member = { workspace = true }
lost = { workspace = true }
remote = { url = "https://packages.example.org/remote-1.tar.gz" }
"""


def test_members_of_a_workspace_are_sources_and_what_is_not_found_is_no_index_s_without_a_word(tmp_path: Path) -> None:
    _library(tmp_path, "libs/a", "Member")
    python, text = _python(tmp_path, WORKSPACE)
    assert python["sources"] == [{"name": "member", "path": "libs/a"}]
    assert "lost would now come from an index" in text
    assert "remote would now come from an index" in text


UV_LOCK = """
version = 1
[[package]]
name = "app"
version = "1"
source = { editable = "." }
dependencies = [{ name = "member" }]
[[package]]
name = "member"
version = "1"
source = { editable = "libs/a" }
dependencies = [{ name = "inner" }, { name = "fromgit" }, { name = "tool" }]
[[package]]
name = "inner"
version = "1"
source = { directory = "libs/b" }
[[package]]
name = "fromgit"
version = "1"
source = { git = "https://git.example.org/x.git?subdirectory=py&rev=v1#0123abc" }
[[package]]
name = "tool"
version = "2.0"
source = { registry = "https://packages.example.org/simple" }
"""


def test_a_uv_lock_knows_members_of_members_and_commits(tmp_path: Path) -> None:
    _library(tmp_path, "libs/a", "member")
    _library(tmp_path, "libs/b", "inner")
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    python, _ = _python(tmp_path, '[project]\nname = "app"\nversion = "1"\ndependencies = ["member"]\n')
    assert python["requirements"] == ["fromgit", "inner", "member", "tool==2.0"]
    assert sorted(python["sources"], key=lambda source: source["name"]) == [  # type: ignore[call-overload]
        {"name": "fromgit", "git": "https://git.example.org/x.git", "ref": "0123abc", "subdirectory": "py"},
        {"name": "inner", "path": "libs/b"},
        {"name": "member", "path": "libs/a"},
    ]


EXTRA = "--extra-index-url https://packages.example.org/whl/cpu"


@pytest.mark.parametrize(
    ("lines", "owned"),
    [
        ([EXTRA, "torch==2.1.0+cpu", "torchvision==0.16.0+cpu", "numpy==1.26"], ["torch", "torchvision"]),
        ([EXTRA, "acme-core==1.0"], None),
        ([EXTRA, EXTRA.replace("cpu", "more"), "torch==2.1.0+cpu"], None),
        ([EXTRA.replace("//", "//me:hunter2@"), "torch==2.1.0+cpu"], None),
        ([EXTRA.replace("//", "//${TOKEN}@"), "torch==2.1.0+cpu"], None),
    ],
)
def test_an_extra_index_owns_what_only_it_can_have_and_is_reported_else(
    tmp_path: Path, lines: list[str], owned: list[str] | None
) -> None:
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    (tmp_path / "main.py").write_text("print(1)\n")
    draft = draft_definition(tmp_path)
    check_draft(draft.to_yaml())
    indexes = [index.value for index in draft.indexes]
    assert [list(index.packages) for index in indexes] == ([owned] if owned else [])
    assert any("packages.example.org" in note.message for note in draft.notes) == (owned is None)
    assert "hunter2" not in draft.to_yaml()


def test_a_constraint_does_not_make_an_index_s_of_what_comes_from_git(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-c limits.txt\ndemo @ git+https://git.example.org/demo.git@main\n")
    (tmp_path / "limits.txt").write_text("demo<2\n")
    (tmp_path / "main.py").write_text("print(1)\n")
    python = yaml.safe_load(draft_definition(tmp_path).to_yaml())["python"]
    assert [source["name"] for source in python["sources"]] == ["demo"]
