"""Whole projects as people have them, in `projects/`: written down, built, run hardened, and asked for their result."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout

from ..python_index import PythonIndex, sdist_of, wheel_of

PROJECTS = Path(__file__).parent / "projects"

SETUP = """\
from setuptools import Extension, setup

setup(name="fastsum", version="0.3", ext_modules=[Extension("fastsum", ["fastsum.c"])])
"""
C_MODULE = """\
#include <Python.h>
static PyObject *add(PyObject *self, PyObject *args) {
    long a, b;
    return PyArg_ParseTuple(args, "ll", &a, &b) ? PyLong_FromLong(a + b) : NULL;
}
static PyMethodDef methods[] = {{"add", add, METH_VARARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fastsum", "", -1, methods};
PyMODINIT_FUNC PyInit_fastsum(void) { return PyModule_Create(&module); }
"""

pytestmark = [
    pytest.mark.engine,
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


@dataclass(frozen=True)
class Project:
    """A copy of one of the projects, which may be written in."""

    directory: Path

    @property
    def image(self) -> str:
        """What its image is called."""
        return f"nautiloid/{self.directory.name}"

    def nautiloid(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, which must succeed."""
        done = self._run(*words)
        assert done.returncode == 0, f"nautiloid {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done

    def refused(self, *words: str) -> str:
        """Run a command in the project, which must fail as errors of users do, and return what it says."""
        done = self._run(*words)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), f"{done.stdout}{done.stderr}"
        return done.stderr

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nautiloid", *words],
            cwd=self.directory,
            env={**os.environ, "NAUTILOID_ENGINE": "bubblewrap"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    @contextmanager
    def serving(self, inside: int, ready: str) -> Iterator[str]:
        """Run it in the background until it answers, and yield its address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        name, address = f"{self.directory.name}-{port}", f"http://127.0.0.1:{port}"
        self.nautiloid("up", "--detach", "--name", name, "-p", f"{port}:{inside}")
        try:
            _wait_for(f"{address}{ready}", lambda: self.nautiloid("logs", name).stdout)
            yield address
        finally:
            self.nautiloid("rm", "--force", name)


def _wait_for(address: str, log: Callable[[], str]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    pytest.fail(f"{address} did not answer:\n{log()}")


@pytest.fixture
def project(request: pytest.FixtureRequest, image_store: Layout, tmp_path: Path) -> Project:
    """Copy the project that the test is about."""
    tmp_path.chmod(0o755)  # pytest keeps it to its owner; the container's user must look in
    directory = tmp_path / request.param
    shutil.copytree(PROJECTS / request.param, directory)
    return Project(directory)


def _about(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("project", [name], indirect=True)


def _asked(address: str, body: object = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text: str = answer.read().decode()
    return text


@_about("training")
def test_a_training_script_reads_a_table_and_leaves_a_model(project: Project) -> None:
    rows = [
        f"{'whale' if whale else 'penguin'},{10 * whale + n / 50},{100 * whale + n}"
        for whale in (0, 1)
        for n in range(20)
    ]
    (project.directory / "animals.csv").write_text("\n".join(["animal,length,weight", *rows]) + "\n")
    assert "--save /out/model.joblib" in project.nautiloid("init").stderr
    project.nautiloid("build")
    mounts = ("-v", "./animals.csv:/data/animals.csv", "-o", "./out:/out")
    done = project.nautiloid(
        "run", *mounts, project.image, "/app/train.py", "--save", "/out/model.joblib", "--trees", "20"
    )
    assert json.loads(done.stdout) == {"accuracy": 1.0, "trees": 20}
    assert (project.directory / "out/model.joblib").stat().st_size > 1000


@_about("service")
def test_a_service_with_a_dockerfile_answers(project: Project) -> None:
    assert "USER web becomes nonroot" in project.nautiloid("init").stderr
    built = project.nautiloid("build")
    assert "Self-test: passed" in built.stdout
    with project.serving(8000, "/health") as address:
        assert json.loads(_asked(f"{address}/predict", {"values": [1, 2]})) == {"score": 0.5}


@_about("dashboard")
def test_a_dashboard_is_shown_and_its_secrets_stay_behind(project: Project) -> None:
    (project.directory / ".streamlit/secrets.toml").write_text('password = "stays here"\n')
    with project.serving(8501, "/_stcore/health") as address:
        assert _asked(f"{address}/_stcore/health") == "ok"
        assert "<title>Streamlit</title>" in _asked(address)
    look = "import pathlib; print([str(path) for path in sorted(pathlib.Path('/app/.streamlit').iterdir())])"
    assert project.nautiloid("run", project.image, "-c", look).stdout == "['/app/.streamlit/config.toml']\n"


@_about("notebook")
def test_a_notebook_is_run_with_another_parameter(project: Project) -> None:
    project.nautiloid("up", "-o", "./out:/out", "--", "-p", "days", "4")
    cells = json.loads((project.directory / "out/growth.ipynb").read_text())["cells"]
    assert cells[-1]["outputs"][0]["text"] == ["sum 15.0\n"]


@_about("conda")
def test_a_conda_environment_becomes_wheels(project: Project) -> None:
    done = project.nautiloid("up")
    assert "taken as wheels from pip's index, not from conda-forge: numpy, pandas>=2" in done.stderr
    assert done.stdout.splitlines()[0].split() == ["hour", "height"]
    assert done.stdout.endswith(" m\n")


@pytest.mark.heavy
@_about("finetune")
def test_a_model_is_fine_tuned_and_comes_out_as_safetensors(project: Project) -> None:
    sentences = ["the whale sings,0", "a penguin walks,1", "a whale dives,0", "the penguin waddles,1"]
    (project.directory / "sentences.csv").write_text("\n".join(["text,label", *sentences * 4]) + "\n")
    project.nautiloid("init")
    project.nautiloid("build", "--no-test")  # PyTorch's own tests run elsewhere
    project.nautiloid("run", "-o", "./model:/model", project.image, "/app/make_model.py", "/model")
    mounts = ("-v", "./model:/model", "-v", "./sentences.csv:/data/sentences.csv", "-o", "./out:/out")
    places = ("--model", "/model", "--data", "/data/sentences.csv", "--output", "/out")
    done = project.nautiloid("run", *mounts, project.image, "/app/finetune.py", *places)
    assert done.stdout.splitlines()[-1] == "right: 16 of 16"
    assert (project.directory / "out/model/model.safetensors").stat().st_size > 10_000


@pytest.mark.heavy
@_about("cluster")
def test_a_ray_job_spreads_its_tasks(project: Project) -> None:
    done = project.nautiloid("up", "--name", "ray", "--", "6")
    assert done.stdout.endswith("pi is about 3.1\n")


@_about("workspace")
def test_a_member_of_a_uv_workspace_becomes_a_wheel_of_its_own(project: Project) -> None:
    done = project.nautiloid("up")
    assert done.stdout == "highest: 2.00 m\n"
    packages = json.loads((project.directory / "tides-app.lock").read_text())["wheels"]
    assert [wheel["name"] for wheel in packages] == ["tides-core"]


@_about("billing")
def test_a_poetry_project_takes_from_the_private_index_only_what_is_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.nautiloid("init")
    code = "def rounded(amount): return f'{amount:.2f} coins'\n"
    with PythonIndex(credentials="ci:secret") as index:
        index.add(wheel_of("acme_rounding", "1.4", code=code))
        index.add(wheel_of("acme_rounding", "2.0"))
        index.add(wheel_of("numpy", "99.0"))
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", index.url.replace("//", "//ci:secret@"))
        project.nautiloid("build")
        assert set(index.asked) == {"acme-rounding"}
    assert project.nautiloid("run", project.image, "1.5", "2.25").stdout == "to pay: 3.75 coins\n"
    assert "secret" not in (project.directory / "billing.lock").read_text()


@pytest.mark.heavy
@_about("sdist")
def test_a_source_distribution_with_c_is_compiled_as_the_error_advises(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.nautiloid("init")
    definition = project.directory / "nautiloid.yaml"
    with PythonIndex() as index:
        index.add(sdist_of("fastsum", "0.3", {"setup.py": SETUP, "fastsum.c": C_MODULE}))
        monkeypatch.setenv("NAUTILOID_INDEX_ACME", index.url)
        owner = "indexes: [{name: acme, url: 'https://packages.example.org/simple', packages: [fastsum]}]"
        definition.write_text(definition.read_text().replace("python:\n", f"python:\n  {owner}\n", 1))
        assert "sources: [{name: fastsum}]" in project.refused("build")
        source = "sources: [{name: fastsum, packages: [build-essential]}]"
        definition.write_text(definition.read_text().replace("python:\n", f"python:\n  {source}\n", 1))
        done = project.nautiloid("up", "--", "40", "2")
    assert done.stdout == "total 42\n"
