"""What ``init`` makes of the kinds of projects that people have: one realistic tree each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locked_files import lock_files
from nautiloid.project.facts import ProjectError

from .trees import SCRIPT, draft_of, loaded, notes, requirements, starts

PYTHON = "/usr/bin/python3"


def test_a_script_without_a_main_part_starts_and_so_can_its_neighbour(tmp_path: Path) -> None:
    files = {
        "count.py": "import numpy as np\nfrom shapes import area\n\nprint(area(np.ones(3)))\n",
        "shapes.py": "def area(sides):\n    return sides.sum()\n",
        "requirements.txt": "numpy\n",
    }
    draft = draft_of(tmp_path, files)
    assert draft.entrypoint.value == (PYTHON,)
    assert draft.command.value == ("/app/count.py",)
    assert "nothing says" not in notes(draft)
    loaded(draft, tmp_path)
    assert {file.to for file in lock_files(load_definition(str(tmp_path)))} == {
        "/app/count.py",
        "/app/shapes.py",
    }


def test_the_only_script_starts_whatever_it_does(tmp_path: Path) -> None:
    assert starts(draft_of(tmp_path, {"job.py": "answer = 6 * 7\n"})) == [PYTHON, "/app/job.py"]


CELLS = [
    {"cell_type": "markdown", "metadata": {}, "source": ["# Fit\n"]},
    {"cell_type": "code", "metadata": {}, "source": ["!pip install -q 'seaborn>=0.13'\n", "%matplotlib inline\n"]},
    {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "epochs = 3\n", "outputs": []},
    {"cell_type": "code", "metadata": {}, "source": ["import pandas as pd\n", "frame = pd.read_csv('points.csv')\n"]},
    {"cell_type": "code", "metadata": {}, "source": "if epochs:\n    !ls\n"},
    {"cell_type": "code", "metadata": {}, "source": "%%bash\nimport nothing\n"},
]
NOTEBOOK = {
    "cells": CELLS,
    "metadata": {"kernelspec": {"name": "mine", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_a_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    files = {"fit.ipynb": json.dumps(NOTEBOOK), "points.csv": "a,b\n1,2\n", ".ipynb_checkpoints/fit.ipynb": "{}"}
    draft = draft_of(tmp_path, files)
    assert starts(draft) == [PYTHON, "-m", "papermill", "/app/fit.ipynb", "/out/fit.ipynb", "-k", "python3"]
    assert requirements(draft) == {"ipykernel", "pandas", "papermill", "seaborn>=0.13"}
    assert {one.source for one in draft.files} == {"fit.ipynb", "points.csv"}
    assert draft.unknown == []
    assert draft.env["IPYTHONDIR"].value.startswith("/tmp/")
    assert "fit.ipynb cell 5: a command for a shell" in notes(draft)
    assert "%%bash" in notes(draft)
    loaded(draft, tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"cells": 1}', "[" * 100_000, '{"cells": [1, {"cell_type": "code"}]'])
def test_what_is_no_notebook_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProjectError, match=r"odd\.ipynb"):
        draft_of(tmp_path, {"odd.ipynb": text})


def test_a_streamlit_application_is_reachable_and_brings_its_settings_but_no_secrets(tmp_path: Path) -> None:
    files = {
        "app.py": "import pandas\nimport streamlit as st\n\nst.title('Hello')\n",
        "pages/1_More.py": "import streamlit as st\nst.write(1)\n",
        ".streamlit/config.toml": "[theme]\nbase = 'dark'\n",
        ".streamlit/secrets.toml": "key = 'very secret'\n",
        "requirements.txt": "streamlit==1.51.0\npandas\n",
    }
    draft = draft_of(tmp_path, files)
    assert starts(draft) == [PYTHON, "-m", "streamlit", "run", "/app/app.py"]
    definition = loaded(draft, tmp_path)
    assert definition.image.ports == ("8501",)
    assert definition.image.env["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert {file.to for file in lock_files(load_definition(str(tmp_path)))} == {
        "/app/app.py", "/app/pages/1_More.py", "/app/.streamlit/config.toml",
    }  # fmt: skip


def test_a_gradio_application_is_reachable(tmp_path: Path) -> None:
    code = "import gradio as gr\n\ndemo = gr.Interface(lambda x: x, 'text', 'text')\ndemo.launch()\n"
    draft = draft_of(tmp_path, {"demo.py": code, "requirements.txt": "gradio\n"})
    assert starts(draft) == [PYTHON, "/app/demo.py"]
    definition = loaded(draft, tmp_path)
    assert definition.image.ports == ("7860",)
    assert definition.image.env["GRADIO_SERVER_NAME"] == "0"
    assert definition.image.env["GRADIO_TEMP_DIR"].startswith("/tmp/")


def test_a_space_brings_its_sdk_its_packages_and_its_python(tmp_path: Path) -> None:
    files = {
        "README.md": "---\ntitle: Cats\nemoji: x\nsdk: gradio\nsdk_version: 5.49.1\napp_file: cats.py\n"
        "python_version: '3.11'\npreload_from_hub:\n  - org/model a.bin\n---\n\n# Cats\n",
        "cats.py": "import gradio as gr\ngr.Interface(str, 'text', 'text').launch()\n",
        "train.py": SCRIPT,
        "packages.txt": "ffmpeg\n# said\nlibsndfile1 git\n",
        "requirements.txt": "transformers\n",
    }
    draft = draft_of(tmp_path, files)
    assert starts(draft) == [PYTHON, "/app/cats.py"]
    assert requirements(draft) == {"gradio==5.49.1", "transformers"}
    assert [said.value for said in draft.packages] == ["ffmpeg", "libsndfile1"]
    assert [said.value for said in draft.refused] == ["git"]
    assert "preloads from the hub" in notes(draft)
    assert loaded(draft, tmp_path).image.ports == ("7860",)


def test_a_space_of_docker_listens_where_it_says(tmp_path: Path) -> None:
    files = {
        "README.md": "---\nsdk: docker\napp_port: 8080\n---\n",
        "main.py": SCRIPT,
        "Dockerfile": 'FROM python:3.11\nWORKDIR /code\nCOPY . .\nCMD ["python", "main.py"]\n',
    }
    draft = draft_of(tmp_path, files)
    assert [(said.value, said.origin) for said in draft.ports] == [("8080", "README.md, app_port")]


COMPOSE = """
x-common: &common
  environment:
    MODE: fast
    API_KEY: abc
    LEVEL: ${LEVEL:-info}
services:
  web:
    <<: *common
    build: {context: ., dockerfile: docker/web.Dockerfile, target: serve}
    command: ["python", "-m", "uvicorn", "api:app", "--host", "0.0.0.0"]
    ports: ["127.0.0.1:9000:8000", {target: 9100, published: 9100}]
    env_file: .env
    volumes: ["./models:/app/models:ro", ".:/app", "cache:/cache"]
    healthcheck: {test: "curl -f http://localhost:8000/health || exit 1", interval: 30s, retries: 3}
  db:
    image: postgres
"""


def test_a_compose_file_says_which_dockerfile_and_how_it_runs(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": COMPOSE,
        "docker/web.Dockerfile": "FROM python:3.11 AS serve\nWORKDIR /app\nCOPY api.py .\nCMD python api.py\n"
        "FROM serve AS debug\nCMD bash\n",
        "api.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "requirements.txt": "fastapi\nuvicorn\n",
        ".env": "API_KEY=real\n",
        ".env.example": "export API_KEY=xyzzy\nMODE=slow\n# X=1\nDATABASE_URL=postgres://me:hunter2@db\n",
    }
    draft = draft_of(tmp_path, files)
    said = notes(draft)
    assert starts(draft) == [PYTHON, "-m", "uvicorn", "api:app", "--host", "0.0.0.0"]
    definition = loaded(draft, tmp_path)
    assert definition.image.ports == ("8000", "9100")
    assert definition.image.env["MODE"] == "fast"
    assert definition.image.healthcheck is not None
    assert definition.image.healthcheck.command[:2] == (PYTHON, "-c")
    assert "http://127.0.0.1:8000/health" in definition.image.healthcheck.command[2]
    assert (definition.image.healthcheck.interval, definition.image.healthcheck.retries) == (30, 3)
    assert "the run needs API_KEY, LEVEL" in said
    assert ".env.example: the run needs API_KEY, DATABASE_URL" in said
    assert "-v ./models:/app/models" in said
    assert "may need: db" in said
    text = draft.to_yaml() + said
    assert not any(value in text for value in ("abc", "hunter2", "xyzzy", "real"))


def test_conda_packages_come_as_wheels(tmp_path: Path) -> None:
    environment = (
        "name: fit\nchannels: [conda-forge, defaults]\ndependencies:\n  - python=3.11.9\n"
        "  - conda-forge::opencv=4.10\n"
        "  - numpy>=1.26,<3\n  - cudatoolkit=11.8\n  - somebodys-tool\n  - ffmpeg\n  - pip\n"
        "  - pip:\n    - -r extra.txt\n"
        "variables:\n  MODE: fast\n  HF_TOKEN: abc\n"
    )
    draft = draft_of(tmp_path, {"environment.yml": environment, "extra.txt": "tqdm==4.67.1\n", "fit.py": SCRIPT})
    assert requirements(draft) == {"numpy<3,>=1.26", "opencv-python-headless==4.10.*", "tqdm==4.67.1"}
    said = notes(draft)
    assert "no Python, left out (wheels bundle theirs): cudatoolkit=11.8" in said
    assert "does not know; add them under python.requirements: somebodys-tool" in said
    assert "conda-forge" in said
    assert "add ffmpeg under debian.packages" in said
    assert {name: one.value for name, one in draft.env.items()} == {"MODE": "fast"}


def test_a_pdm_project_follows_its_lock_from_what_it_asks_for(tmp_path: Path) -> None:
    lock = """
[metadata]
groups = ["default", "dev"]
lock_version = "4.5.0"
[[package]]
name = "pandas"
version = "2.3.0"
groups = ["default"]
dependencies = ["numpy>=1.26; python_version < '3.12'", "tzdata; sys_platform == 'win32'"]
[[package]]
name = "numpy"
version = "2.1.0"
groups = ["default"]
marker = "python_version >= '3.10'"
[[package]]
name = "tzdata"
version = "2025.1"
groups = ["default"]
[[package]]
name = "pytest"
version = "8.0"
groups = ["dev"]
"""
    files = {
        "pyproject.toml": '[project]\nname = "fit"\ndependencies = ["pandas"]\n[tool.pdm]\ndistribution = false\n'
        '[tool.pdm.dev-dependencies]\ndev = ["pytest"]\n',
        "pdm.lock": lock,
        "fit.py": SCRIPT,
    }
    assert requirements(draft_of(tmp_path, files)) == {"numpy==2.1.0", "pandas==2.3.0"}


def test_a_pylock_is_followed_for_the_images_platform(tmp_path: Path) -> None:
    lock = """
lock-version = "1.0"
created-by = "uv"
default-groups = ["serve"]
[[packages]]
name = "attrs"
version = "25.1.0"
[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"
[[packages]]
name = "uvicorn"
version = "0.34.0"
marker = "'serve' in dependency_groups"
[[packages]]
name = "pytest"
version = "8.0"
marker = "'dev' in dependency_groups or 'test' in extras"
[[packages]]
name = "mine"
vcs = { type = "git", url = "https://example.org/mine", commit-id = "abc" }
"""
    draft = draft_of(tmp_path, {"pylock.toml": lock, "main.py": SCRIPT})
    assert requirements(draft) == {"attrs==25.1.0", "uvicorn==0.34.0"}
    assert "mine" in notes(draft)


def test_a_hatch_project_with_a_dynamic_version_and_dependencies(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "fit"\ndynamic = ["version", "dependencies"]\n'
        '[project.scripts]\nfit = "fit.cli:main"\n[tool.hatch.version]\npath = "src/fit/__init__.py"\n'
        '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["deps/run.txt"]\n',
        "deps/run.txt": "numpy==2.1.0\n",
        "src/fit/__init__.py": "__version__ = '1.0'\n",
        "src/fit/cli.py": "def main(): ...\n",
    }
    draft = draft_of(tmp_path, files)
    assert requirements(draft) == {"numpy==2.1.0"}
    assert "dynamic" not in notes(draft)
    assert "from fit.cli import main" in starts(draft)[-1]


def test_setup_py_is_read_and_never_run(tmp_path: Path) -> None:
    setup = (
        "from setuptools import setup\nraise SystemExit('run')\nBASE = ['numpy>=1.26']\n"
        "setup(name='fit', description='Fits', python_requires='>=3.9', install_requires=BASE + ['tqdm'],\n"
        "      version=open('VERSION').read(), entry_points={'console_scripts': ['fit = fit.cli:main']})\n"
    )
    draft = draft_of(tmp_path, {"setup.py": setup, "fit/__init__.py": "", "fit/cli.py": "def main(): ...\n"})
    assert (draft.name, draft.summary) == ("fit", "Fits")
    assert requirements(draft) == {"numpy>=1.26", "tqdm"}
    assert "from fit.cli import main" in starts(draft)[-1]


def test_what_setup_py_computes_is_said(tmp_path: Path) -> None:
    setup = "from setuptools import setup\nsetup(install_requires=open('requirements.txt').read().splitlines())\n"
    draft = draft_of(tmp_path, {"setup.py": setup, "main.py": SCRIPT, "requirements.txt": "attrs\n"})
    assert "setup.py:2: computes install_requires" in notes(draft)
    assert requirements(draft) == {"attrs"}


def test_setup_cfg_with_its_requirements_in_a_file(tmp_path: Path) -> None:
    setup = (
        "[metadata]\nname = fit\n[options]\npython_requires = >=3.10\ninstall_requires =\n    attrs\n    tqdm>=4  \n"
        "[options.entry_points]\nconsole_scripts =\n    fit = fit.cli:main [extra]\n"
    )
    draft = draft_of(tmp_path, {"setup.cfg": setup, "setup.py": "import setuptools; setuptools.setup()\n",
                                "fit/__init__.py": "", "fit/cli.py": "def main(): ...\n"})  # fmt: skip
    assert requirements(draft) == {"attrs", "tqdm>=4"}
    assert "from fit.cli import main" in starts(draft)[-1]
