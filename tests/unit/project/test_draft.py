"""Small projects, and the definition that ``draft_definition`` makes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import DefinitionError, load_definition
from nautiloid.factory.locked_files import lock_files
from nautiloid.project.draft import Draft, check_draft, write_draft
from nautiloid.project.facts import Note, Said
from nautiloid.project.survey import draft_definition

SCRIPT = "import sys\n\nif __name__ == '__main__':\n    print(sys.argv)\n"


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def _notes(draft: Draft) -> str:
    return "\n".join(f"{note.origin}: {note.message}" for note in draft.notes)


def _requirements(draft: Draft) -> dict[str, str]:
    return {said.value: said.origin for said in draft.requirements}


def test_a_lone_script_becomes_a_definition_that_loads(tmp_path: Path) -> None:
    _write(tmp_path / "My Project", {"tool.py": SCRIPT})
    draft = draft_definition(tmp_path / "My Project")
    path = write_draft(draft.to_yaml(), tmp_path / "My Project", force=False)
    loaded = load_definition(str(path))
    assert loaded.definition.name == "my-project"
    assert loaded.definition.image.entrypoint == ("/usr/bin/python3",)
    assert loaded.definition.image.command == ("/app/tool.py",)
    assert [file.to for file in lock_files(loaded)] == ["/app/tool.py"]
    assert draft.extends.value == "python"


def test_results_of_a_run_do_not_change_what_goes_into_the_image(tmp_path: Path) -> None:
    _write(tmp_path, {"tool.py": SCRIPT})
    path = write_draft(draft_definition(tmp_path).to_yaml(), tmp_path, force=False)
    before = lock_files(load_definition(str(path)))
    _write(tmp_path, {"results.csv": "1", "out/model.pt": "2", "app.lock": "{}"})
    assert lock_files(load_definition(str(path))) == before


def test_imports_become_requirements_and_unknown_ones_questions(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "main.py": "import cv2, json, helper, sklearn.svm\nfrom PIL import Image\nimport qwertz\nimport yaml\n"
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"
            "try:\n    import ujson\nexcept ImportError:\n    ujson = None\n" + SCRIPT,
            "helper.py": "def f():\n    import tqdm\n",
            "requirements.txt": "opencv-python\n",
        },
    )
    draft = draft_definition(tmp_path)
    assert _requirements(draft) == {
        "opencv-python": "requirements.txt:1",
        "pillow": "main.py:2 imports PIL",
        "pyyaml": "main.py:4 imports yaml",
        "scikit-learn": "main.py:1 imports sklearn",
        "tqdm": "helper.py:2 imports tqdm",
    }
    assert [said.value for said in draft.unknown] == ["qwertz"]
    assert "ujson" in _notes(draft)
    assert "opencv-python-headless" in _notes(draft)


def test_code_is_read_and_never_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    code = f"open({str(witness)!r}, 'w')\n"
    _write(tmp_path, {"main.py": code + SCRIPT, "setup.py": code, "conftest.py": code, "pkg/__init__.py": code})
    draft_definition(tmp_path)
    assert not witness.exists()


def test_torch_chooses_the_base_which_then_need_not_be_asked_for(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "train.py": "import torch\n" + SCRIPT,
            "requirements.txt": "torch==2.13.0+cpu\ntorchvision\nnumpy==2.1.0\npillow\nnvidia-cublas-cu12==1.0\ntimm\n",
        },
    )
    draft = draft_definition(tmp_path)
    assert draft.extends.value == "pytorch"
    assert set(_requirements(draft)) == {"numpy==2.1.0", "timm"}
    assert {said.value for said in draft.brought} == {"torch==2.13.0+cpu", "torchvision", "pillow"}
    assert "nvidia-cublas-cu12==1.0 left out" in _notes(draft)


def test_another_torch_than_the_bases_replaces_it_and_that_is_said(tmp_path: Path) -> None:
    _write(tmp_path, {"train.py": SCRIPT, "requirements.txt": "torch<2.6\ntorchvision>=0.15\n"})
    draft = draft_definition(tmp_path)
    assert _requirements(draft) == {"torch<2.6": "requirements.txt:1"}
    assert "requirements.txt:1: asks for torch<2.6, which replaces torch==2.13.0 of pytorch" in _notes(draft)
    write_draft(draft.to_yaml(), tmp_path, force=False)
    assert [one.wish for one in load_definition(str(tmp_path)).given_way] == ["torch<2.6"]


def test_a_library_that_needs_torch_chooses_the_base_too(tmp_path: Path) -> None:
    _write(tmp_path, {"train.py": SCRIPT, "requirements.txt": "timm\n"})
    assert draft_definition(tmp_path).extends.value == "pytorch"


def test_pins_of_a_lock_win(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "main.py": SCRIPT,
            "pyproject.toml": '[project]\nname = "x"\ndependencies = ["numpy>=2"]\n',
            "uv.lock": '[[package]]\nname = "x"\nversion = "1"\nsource = { virtual = "." }\n'
            'dependencies = [{ name = "numpy" }]\n'
            '[[package]]\nname = "numpy"\nversion = "2.1.0"\nsource = { registry = "r" }\n',
            "requirements.txt": "numpy==1.0\nattrs\n",
        },
    )
    draft = draft_definition(tmp_path)
    assert _requirements(draft) == {"attrs": "requirements.txt:2", "numpy==2.1.0": "uv.lock"}
    assert "numpy==1.0 does not agree with numpy==2.1.0" in _notes(draft)


def test_the_python_that_the_project_asks_for_chooses_the_release(tmp_path: Path) -> None:
    _write(tmp_path, {"main.py": SCRIPT, "Dockerfile": "FROM python:3.13\nCOPY main.py /app/\n"})
    assert draft_definition(tmp_path).extends.value == "python-trixie"
    _write(tmp_path, {"Dockerfile": "FROM python:3.10\nCOPY main.py /app/\n"})
    draft = draft_definition(tmp_path)
    assert draft.extends.value == "python"
    assert "Dockerfile:1: Python 3.10 becomes 3.11" in _notes(draft)
    _write(tmp_path, {"pyproject.toml": '[project]\nname = "x"\nrequires-python = "<3.10"\n'})
    assert "may not run" in _notes(draft_definition(tmp_path))


def test_a_dockerfile_says_where_files_lie_and_what_starts(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.11\nWORKDIR /srv\nENV MODE=fast\nUSER 1000:1000\nCOPY requirements.txt .\n"
            'COPY app ./app\nCOPY run.py conf/*.yaml ./\nCMD ["python", "-u", "run.py", "--fast"]\n',
            "requirements.txt": "attrs\n",
            "app/__init__.py": "",
            "app/tests/test_x.py": "",
            "app/.env": "SECRET=1",
            "run.py": SCRIPT,
            "conf/a.yaml": "a: 1",
            "conf/b.txt": "b",
        },
    )
    draft = draft_definition(tmp_path)
    assert [(one.source, str(one.to)) for one in draft.files] == [
        ("app", "/srv/app"),
        ("run.py", "/srv/run.py"),
        ("conf/a.yaml", "/srv/a.yaml"),
    ]
    assert draft.entrypoint.value == ("/usr/bin/python3",)
    assert draft.command.value == ("-u", "/srv/run.py", "--fast")
    assert draft.user is not None
    assert draft.user.value == "1000:1000"
    assert draft.workdir.value == "/srv"
    assert {name: said.value for name, said in draft.env.items()} == {"MODE": "fast"}
    assert "app/.env" in draft.left_out
    write_draft(draft.to_yaml(), tmp_path, force=False)
    locked = {file.to for file in lock_files(load_definition(str(tmp_path)))}
    assert locked == {"/srv/app/__init__.py", "/srv/run.py", "/srv/a.yaml"}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('ENTRYPOINT ["python", "main.py"]\nCMD ["--x"]', ["/usr/bin/python3", "/app/main.py", "--x"]),
        ('ENTRYPOINT ["python"]\nCMD ["main.py"]', ["/usr/bin/python3", "/app/main.py"]),
        ("CMD python3.11 -m pkg.serve --x", ["/usr/bin/python3", "-m", "pkg.serve", "--x"]),
        ('ENTRYPOINT ["tini", "--", "./main.py"]', ["/usr/bin/python3", "/app/main.py"]),
        ("CMD uvicorn pkg:app --port 80", ["/usr/bin/python3", "-m", "uvicorn", "pkg:app", "--port", "80"]),
        ("CMD ./start.sh", ["/usr/bin/python3", "/app/main.py"]),
    ],
)
def test_what_starts_in_its_many_spellings(tmp_path: Path, lines: str, words: list[str]) -> None:
    _write(tmp_path, {"main.py": SCRIPT, "Dockerfile": f"FROM python:3.11\nWORKDIR /app\nCOPY main.py .\n{lines}\n"})
    draft = draft_definition(tmp_path)
    assert [*draft.entrypoint.value, *draft.command.value] == words
    assert (".sh" in lines) == ("no shell" in _notes(draft))


def test_a_script_of_pyproject_starts_and_its_package_is_found(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "pyproject.toml": '[project]\nname = "x"\n[project.scripts]\nx = "pkg.cli:main"\n',
            "src/pkg/__init__.py": "",
            "src/pkg/cli.py": "from pkg import other\ndef main(): ...\n",
            "src/pkg/other.py": "",
        },
    )
    draft = draft_definition(tmp_path)
    assert draft.entrypoint.value[1] == "-c"
    assert "from pkg.cli import main" in draft.entrypoint.value[2]
    assert draft.env["PYTHONPATH"].value == "/app/src"
    assert draft.unknown == []


def test_data_stays_behind_and_what_scripts_name_comes_along(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "main.py": "open('NOTES.md')\nopen('labels.json')\n" + SCRIPT,
            "labels.json": "{}",
            "NOTES.md": "",
            "OTHER.md": "",
            "data/big.bin": "x" * 2000,
            "pkg/__init__.py": "",
            "pkg/weights.bin": "x" * 2000,
            ".git/config": "",
            "tests/test_main.py": "import pytest\n",
            "venv/pyvenv.cfg": "",
            "key.pem": "secret",
        },
    )
    draft = draft_definition(tmp_path, limit=1000)
    assert {one.source for one in draft.files} == {"main.py", "labels.json", "NOTES.md", "pkg"}
    assert next(one.exclude for one in draft.files if one.source == "pkg") == ("weights.bin",)
    assert set(draft.left_out) == {"data", "pkg/weights.bin", "key.pem", "tests"}


def test_dockerignore_is_heeded(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "main.py": SCRIPT,
            "a.txt": "",
            "b.txt": "",
            ".dockerignore": "*.txt\n!b.txt\n",
            "Dockerfile": "FROM python:3.11\nCOPY . /app\n",
        },
    )
    assert {one.source for one in draft_definition(tmp_path).files} == {"main.py", "b.txt"}


def test_odd_file_names_stay_behind_and_hurt_nobody(tmp_path: Path) -> None:
    _write(tmp_path, {"main.py": SCRIPT, "pkg/__init__.py": "", "pkg/test_[x].py": ""})
    for name in (b"caf\xe9.txt", b"pkg/caf\xe9.txt", b"new\nline.txt"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("x")
    draft = draft_definition(tmp_path)
    path = write_draft(draft.to_yaml(), tmp_path, force=False)
    assert [file.to for file in lock_files(load_definition(str(path)))] == ["/app/main.py", "/app/pkg/__init__.py"]


def test_links_that_lead_out_of_the_project_stay_behind(tmp_path: Path) -> None:
    _write(tmp_path / "outside", {"secret.txt": "x"})
    project = _write(tmp_path / "project", {"main.py": SCRIPT})
    (project / "link.txt").symlink_to(tmp_path / "outside/secret.txt")
    draft = draft_definition(project)
    assert [one.source for one in draft.files] == ["main.py"]
    assert "outside" in draft.left_out["link.txt"]


@pytest.mark.parametrize("files", [{}, {"notes.md": "x"}])
def test_a_directory_without_a_program_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    _write(tmp_path, files)
    with pytest.raises(UsageError):
        draft_definition(tmp_path)


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    (tmp_path / "nautiloid.yaml").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        write_draft("extends: python\nname: x\n", tmp_path, force=False)
    assert (tmp_path / "nautiloid.yaml").read_text() == "mine"
    write_draft("extends: python\nname: x\n", tmp_path, force=True)
    assert (tmp_path / "nautiloid.yaml").read_text() == "extends: python\nname: x\n"
    assert [path.name for path in tmp_path.iterdir()] == ["nautiloid.yaml"]


def test_an_invalid_definition_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError):
        write_draft("extends: python\nname: Not Valid\n", tmp_path, force=False)
    assert list(tmp_path.iterdir()) == []


@example(text="\x85")
@example(text="a\u2028b # c")
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=40))
def test_whatever_a_project_says_the_definition_says_the_same(text: str) -> None:
    said = Said(text, text)
    draft = Draft(
        name="x", summary=text, extends=Said("python", text), entrypoint=Said((text,), text),
        command=Said((text,), text),
        workdir=Said("/app", text), env={"A": said}, labels={"l": said},
        requirements=[Said("demo>=1", text)], brought=[said],
        unknown=[said], refused=[said], left_out={text: "why"}, notes=[Note(text, text)],
    )  # fmt: skip
    written = draft.to_yaml()
    check_draft(written)
    data = yaml.safe_load(written)
    assert data["image"]["env"]["A"] == text
    assert data["image"]["labels"]["l"] == text
    assert data["image"]["entrypoint"] == [text]
    assert data["python"]["requirements"] == ["demo>=1"]
    assert data.get("summary", "") == "".join(letter if letter.isprintable() else " " for letter in text)
