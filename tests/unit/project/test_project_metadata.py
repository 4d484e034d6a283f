"""pyproject.toml and the lock files of uv, Poetry and pipenv."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from nautiloid.factory.wheels.target import Target
from nautiloid.project.conda_environment import read_conda_environment
from nautiloid.project.facts import Notebook, ProjectError, Wanted
from nautiloid.project.pipfile_lock import read_pipfile_lock
from nautiloid.project.poetry_lock import read_poetry_lock
from nautiloid.project.pyproject import poetry_versions, read_pyproject
from nautiloid.project.uv_lock import read_uv_lock

ENVIRONMENT = Target("3.11", "amd64", "bookworm").marker_environment()


def _texts(wanted: list[Wanted] | tuple[Wanted, ...] | None) -> list[str]:
    return [str(one.requirement) for one in wanted or ()]


def test_the_standard_project_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nrequires-python = ">=3.11"\ndependencies = ["torch>=2", "y @ file:///y"]\n'
        '[project.scripts]\nrun = "x.cli:main"\n[project.optional-dependencies]\ndev = ["pytest"]\n'
    )
    notebook = Notebook()
    found = read_pyproject(tmp_path, notebook)
    assert found is not None
    assert (found.name, _texts(found.wanted), found.scripts) == ("x", ["torch>=2"], {"run": "x.cli:main"})
    assert found.python is not None
    assert found.python.value == SpecifierSet(">=3.11")
    assert len(notebook.notes) == 2


def test_poetrys_tables(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.11"\ntorch = "^2.4"\n'
        'uvicorn = {version = "~0.30", extras = ["standard"]}\nlocal = {path = "../x"}\n'
        'extra = {version = "*", optional = true}\nwin = {version = "1", markers = "sys_platform == \'win32\'"}\n'
        '[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
    )
    notebook = Notebook()
    found = read_pyproject(tmp_path, notebook)
    assert found is not None
    assert _texts(found.wanted) == [
        "torch<3,>=2.4",
        "uvicorn[standard]<0.31,>=0.30",
        'win==1; sys_platform == "win32"',
    ]
    assert found.python is not None
    assert "3.12.1" in found.python.value
    assert {note.message.split()[-1] for note in notebook.notes} >= {"extra"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        ("1.2.*", "==1.2.*"),
        ("*", ""),
        (">=1, <2", ">=1,<2"),
        (">=1 <2", ">=1,<2"),
        ("1.2", "==1.2"),
        ("^1 || ^2", None),
        ("latest", None),
    ],
)
def test_poetrys_versions_become_pep_440(text: str, expected: str | None) -> None:
    assert poetry_versions(text) == expected


@given(st.lists(st.integers(0, 20), min_size=1, max_size=3), st.lists(st.integers(0, 20), min_size=3, max_size=3))
def test_caret_keeps_the_left_most_number_that_is_not_zero(base: list[int], other: list[int]) -> None:
    text = ".".join(map(str, base))
    versions = poetry_versions(f"^{text}")
    assert versions is not None
    place = next((place for place, number in enumerate(base) if number), len(base) - 1)
    padded = [*base, 0, 0][:3]
    allowed = other >= padded and other[: place + 1] == base[: place + 1]
    assert SpecifierSet(versions).contains(Version(".".join(map(str, other)))) == allowed


UV = """
version = 1
[[package]]
name = "app"
version = "0.1"
source = { virtual = "." }
dependencies = [
  { name = "torch" },
  { name = "pandas" },
  { name = "colorama", marker = "sys_platform == 'win32'" },
  { name = "mine" },
  { name = "uvicorn", extra = ["standard"] },
]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "torch"
version = "2.13.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "nvidia-cublas" }, { name = "sympy" }]
[[package]]
name = "pandas"
version = "2.3.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "numpy", version = "2.1.0", marker = "python_full_version < '3.12'" },
                { name = "numpy", version = "2.2.0", marker = "python_full_version >= '3.12'" }]
[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://example.org/simple" }
[[package]]
name = "numpy"
version = "2.2.0"
source = { registry = "https://example.org/simple" }
[[package]]
name = "uvicorn"
version = "0.30.0"
source = { registry = "https://example.org/simple" }
dependencies = [{ name = "h11" }]
[package.optional-dependencies]
standard = [{ name = "uvloop" }]
[[package]]
name = "mine"
version = "1"
source = { git = "https://example.org/mine" }
"""


def test_uv_lock_is_walked_from_the_project_for_the_images_platform(tmp_path: Path) -> None:
    names = ("nvidia-cublas", "sympy", "colorama", "pytest", "h11", "uvloop")
    rest = "".join(f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "r" }}\n' for name in names)
    (tmp_path / "uv.lock").write_text(UV + rest)
    notebook = Notebook()
    found = read_uv_lock(tmp_path, ENVIRONMENT, {"torch"}, notebook)
    # What only torch needs is the base image's to choose; colorama is for Windows, pytest for development.
    assert _texts(found) == [
        "h11==1.0", "numpy==2.1.0", "pandas==2.3.0", "torch==2.13.0", "uvicorn==0.30.0", "uvloop==1.0",
    ]  # fmt: skip
    assert ["mine" in note.message for note in notebook.notes] == [True]


def test_poetry_lock_is_walked_from_what_the_project_asks_for(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(
        """
[[package]]
name = "pandas"
version = "2.3.0"
groups = ["main"]
[package.dependencies]
NumPy = [{version = ">=1.26", markers = "python_version < '3.12'"},
         {version = ">=2", markers = "python_version >= '3.12'"}]
tzdata = {version = "*", markers = "sys_platform == 'win32'"}
lxml = {version = "*", optional = true}
[package.extras]
html = ["lxml (>=4)"]
[[package]]
name = "numpy"
version = "2.1.0"
[[package]]
name = "lxml"
version = "5.0"
[[package]]
name = "tzdata"
version = "2025.1"
[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]
"""
    )
    notebook = Notebook()

    def read(dependency: str) -> list[str]:
        (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\ndependencies = ["{dependency}"]\n')
        pyproject = read_pyproject(tmp_path, notebook)
        assert pyproject is not None
        return _texts(read_poetry_lock(tmp_path, pyproject.wanted, ENVIRONMENT, set(), notebook))

    assert read("pandas") == ["numpy==2.1.0", "pandas==2.3.0"]
    assert read("pandas[html]") == ["lxml==5.0", "numpy==2.1.0", "pandas==2.3.0"]
    assert read("pandas; sys_platform == 'win32'") == []


def test_pipfile_lock(tmp_path: Path) -> None:
    default = {"numpy": {"version": "==2.1.0", "hashes": ["x"]}, "mine": {"git": "https://example.org"}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps({"default": default, "develop": {"pytest": {"version": "==8"}}}))
    notebook = Notebook()
    assert _texts(read_pipfile_lock(tmp_path, notebook)) == ["numpy==2.1.0"]
    assert len(notebook.notes) == 1


def test_conda_gives_its_python_and_its_pip_part(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(
        "dependencies:\n  - python=3.11\n  - pytorch=2.4\n  - pip\n  - pip:\n    - timm==1.0\n"
    )
    notebook = Notebook()
    found = read_conda_environment(tmp_path, notebook)
    assert found is not None
    assert found.python is not None
    assert "3.11.9" in found.python.value
    assert _texts(found.wanted) == ["torch==2.4.*", "timm==1.0"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("pyproject.toml", "[["), ("uv.lock", "= 1"), ("Pipfile.lock", "[]"), ("environment.yml", "a: [")],
)
def test_a_broken_file_is_an_error_that_names_it(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ProjectError, match=name):
        read_pyproject(tmp_path, Notebook())
        read_uv_lock(tmp_path, ENVIRONMENT, set(), Notebook())
        read_pipfile_lock(tmp_path, Notebook())
        read_conda_environment(tmp_path, Notebook())
