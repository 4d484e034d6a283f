"""Projects that mean harm: bombs, links, pipes and giants end in an error that names the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautiloid.project.compose import read_compose
from nautiloid.project.conda_environment import read_conda_environment
from nautiloid.project.facts import Notebook, ProjectError
from nautiloid.project.project_text import parse_yaml, read_text
from nautiloid.project.survey import draft_definition

from .trees import SCRIPT, draft_of, notes, write_tree

LISTS = "a: &a [x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(12)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [{', '.join(['*' + chr(97 + n)] * 10)}]}}\n" for n in range(12)
)


@pytest.mark.parametrize(
    "text",
    [LISTS, MERGES, "[" * 100_000, "a: &a [*a]", "a: &a {<<: *a}", "- 1", "a: !!python/object/apply:os.system [id]",
     "a: " + "9" * 10_000, "a: 2026-99-99", "? [a]\n: 1", "\x00", "a: " + "[" * 200 + "]" * 200],
    ids=["lists", "merges", "open", "itself", "merges itself", "no mapping", "object", "number", "date", "key", "zero",
         "deep"],
)  # fmt: skip
def test_yaml_that_unfolds_or_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProjectError, match=r"odd\.yml"):
        parse_yaml(text, "odd.yml")


def test_anchors_and_merge_keys_that_people_use_are_read() -> None:
    assert parse_yaml("x: &x {a: 1}\ny: {<<: *x, b: 2}\n", "x.yml")["y"] == {"a": 1, "b": 2}
    assert parse_yaml("# nothing\n", "x.yml") == {}


@pytest.mark.parametrize(
    "name",
    ["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml", "Dockerfile", "compose.yaml",
     "README.md", "packages.txt", ".env.example", "pylock.toml", "pdm.lock", "uv.lock", "Pipfile.lock",
     ".dockerignore"],
)  # fmt: skip
def test_no_file_is_read_through_a_link_out_of_the_project(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside").write_text("very-secret-line")
    project = write_tree(tmp_path / "project", {"main.py": SCRIPT})
    (project / name).symlink_to(tmp_path / "outside")
    with pytest.raises(ProjectError, match="outside of the project") as caught:
        draft_definition(project)
    assert "very-secret-line" not in str(caught.value)


def test_a_pipe_does_not_hold_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "environment.yml")
    with pytest.raises(ProjectError, match="no regular file"):
        read_conda_environment(tmp_path, Notebook())


def test_a_giant_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "giant.txt"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ProjectError, match=r"giant\.txt"):
        read_text(tmp_path, path)


def test_a_script_too_large_to_look_into_is_said(tmp_path: Path) -> None:
    draft = draft_of(tmp_path, {"main.py": SCRIPT, "tables.py": "x = '" + "y" * 3_000_000 + "'\n"})
    assert "tables.py: not looked into" in notes(draft)


_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
_keys = st.sampled_from(
    [
        "build",
        "command",
        "entrypoint",
        "environment",
        "ports",
        "expose",
        "volumes",
        "healthcheck",
        "user",
        "working_dir",
    ]
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(service=st.dictionaries(_keys, _values), check=_values)
def test_whatever_a_service_says_it_is_read_or_refused(
    tmp_path: Path, service: dict[str, object], check: object
) -> None:
    data = {"services": {"web": {**service, "build": ".", "healthcheck": {"test": check, "interval": check}}}}
    (tmp_path / "compose.yaml").write_text(json.dumps(data))
    try:
        read_compose(tmp_path, Notebook())
    except ProjectError as error:
        assert "compose.yaml" in str(error)


def test_requirements_do_not_lead_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("very-secret-line\n")
    project = write_tree(tmp_path / "project", {"main.py": SCRIPT, "requirements.txt": "attrs\n-r ../outside.txt\n"})
    draft = draft_definition(project)
    assert "requirements.txt:2: names a file outside of the project" in notes(draft)
    assert "very-secret-line" not in draft.to_yaml()


ENTRIES = (
    'name = "numpy"',
    'name = "numpy"\nversion = "not one"',
    "name = 1\nversion = 2\nsource = 3\ndependencies = 4",
    'name = "numpy"\nversion = "1"\nsource = { registry = "r" }\ndependencies = [1, "x y", { name = 1 }]\nextra = 1',
    'name = "numpy"\nversion = "1"\nmarker = "x"\nmarkers = "y"\nresolution-markers = 1\ngroups = 1',
)


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"])
def test_locks_whose_entries_make_no_sense_are_read_or_refused(tmp_path: Path, lock: str, entry: str) -> None:
    project = '[[package]]\nname = "app"\nsource = { virtual = "." }\ndependencies = [{ name = "numpy" }, 1]\n'
    files = {
        "main.py": SCRIPT,
        "pyproject.toml": '[project]\nname = "app"\ndependencies = ["numpy"]\n',
        lock: f"[[packages]]\n{entry}\n" if lock == "pylock.toml" else f"{project}[[package]]\n{entry}\n",
    }
    assert draft_of(tmp_path, files).to_yaml()
