"""The self-test on real images: one that passes, and ones that must not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nautiloid import places
from nautiloid.oci.layout import Layout
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine
from nautiloid.run.runsc import RunscEngine
from nautiloid.selftest.runner import run_selftest

from ..conftest import Built

pytestmark = [
    pytest.mark.network,
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]

FAULTY = """\
extends: python
name: faulty
files: [{from: sh, to: /usr/local/bin/sh}]
test:
  imports: [no_such_module]
  steps:
    - {name: computes, code: "assert 1 + 1 == 3, 'it cannot add'"}
    - {name: leaves, code: "raise SystemExit(0)"}
    - {name: time zones are known, code: "print('replaced by name')"}
"""


APP_FILES = {
    "nautiloid.yaml": """\
extends: python
name: app
python: {requirements: [attrs>=23]}
files: [{from: server.py, to: /app/server.py}, {from: helper.py, to: /app/helper.py}]
test:
  probe: {http: {port: 8123, path: /health}, seconds: 10}
image: {entrypoint: [/usr/bin/python3, /app/server.py], workdir: /app}
""",
    "helper.py": "import attr\n",
    "server.py": """\
import http.server, pathlib
import helper

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

if __name__ == "__main__":
    (pathlib.Path.home() / "cache").mkdir()
    http.server.HTTPServer(("127.0.0.1", 8123), Handler).serve_forever()
""",
}


def _nautiloid(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nautiloid", *args], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(params=["docker", "bubblewrap", "runsc"])
def engine(request: pytest.FixtureRequest, image_store: Layout) -> Engine:
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    kinds = {
        "docker": DockerEngine(),
        "bubblewrap": BubblewrapEngine(image_store, places.cache_directory()),
        "runsc": RunscEngine(image_store, places.cache_directory()),
    }
    engine = kinds[request.param]
    if not (works := engine.available()):
        pytest.skip(works.reason)
    return engine


def test_the_pytorch_image_passes_in_every_engine(built: Callable[[str], Built], engine: Engine) -> None:
    image = built("pytorch")
    report = run_selftest(image.result.reference, image.layout, engine)
    assert report.failures == ()
    names = {outcome.name for outcome in report.outcomes}
    assert {"torch", "a network trains", "time zones are known", "what it wrote arrived outside"} <= names
    assert {outcome.group for outcome in report.outcomes if outcome.group.startswith("contract")} == {
        "contract as 65532", "contract as 12345", "contract as 0"
    }  # fmt: skip


def test_an_image_that_fails_does_not_get_its_name(image_store: Layout, tmp_path: Path) -> None:
    (tmp_path / "sh").write_text("#!/usr/bin/python3\n")
    (tmp_path / "sh").chmod(0o755)
    (tmp_path / "nautiloid.yaml").write_text(FAULTY)
    built = _nautiloid("build", "nautiloid.yaml", cwd=tmp_path)
    assert built.returncode == 1
    for expected in ("/usr/local/bin/sh", "no_such_module", "it cannot add", "SystemExit", "nautiloid/faulty:latest"):
        assert expected in built.stderr
    assert "Traceback" not in built.stderr
    assert image_store.digest_of("nautiloid/faulty:latest") is None
    assert image_store.digest_of("nautiloid/faulty:latest-untested") is not None

    tested = _nautiloid("test", "nautiloid/faulty:latest-untested", "--format", "json", cwd=tmp_path)
    assert tested.returncode == 1
    failed = {outcome["name"] for outcome in json.loads(tested.stdout)["outcomes"] if not outcome["passed"]}
    assert {"no shell", "no_such_module", "computes", "leaves"} <= failed
    assert "time zones are known" not in failed

    forced = _nautiloid("build", "nautiloid.yaml", "--no-test", cwd=tmp_path)
    assert forced.returncode == 0, forced.stderr
    assert image_store.digest_of("nautiloid/faulty:latest") is not None
    assert image_store.digest_of("nautiloid/faulty:latest-untested") is None


def test_an_app_is_tried_as_what_it_is(image_store: Layout, tmp_path: Path) -> None:
    for name, text in APP_FILES.items():
        (tmp_path / name).write_text(text)
    built = _nautiloid("build", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    tested = _nautiloid("test", "nautiloid/app", "--format", "json", cwd=tmp_path)
    found = json.loads(tested.stdout)
    names = {outcome["group"]: outcome["name"] for outcome in found["outcomes"]}
    assert {"attrs", "helper", "server"} <= {one["name"] for one in found["outcomes"] if one["group"] == "app"}
    assert names["requirements"] == "attrs>=23"
    assert names["probe"].endswith("answers on port 8123/health")
    assert found["not_run"] == []


def test_an_app_that_cannot_start_does_not_get_its_name(image_store: Layout, tmp_path: Path) -> None:
    broken = {
        "helper.py": "import no_such_module\n",
        "nautiloid.yaml": APP_FILES["nautiloid.yaml"].replace("name: app", "name: broken-app"),
    }
    for name, text in {**APP_FILES, **broken}.items():
        (tmp_path / name).write_text(text)
    built = _nautiloid("build", cwd=tmp_path)
    assert built.returncode == 1
    assert "app: helper: ModuleNotFoundError" in built.stderr
    assert "Traceback" in built.stderr  # of the server itself, which its probe quotes
    assert image_store.digest_of("nautiloid/broken-app:latest") is None


def test_an_engine_keeps_no_name_of_an_image_that_was_only_tested(
    docker_daemon: None, image_store: Layout, tmp_path: Path
) -> None:
    (tmp_path / "nautiloid.yaml").write_text("extends: python\nname: loaded\n")
    built = _nautiloid("build", "--load", "docker", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    assert "in docker" in built.stdout
    listed = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "nautiloid/loaded"]
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    assert names == ["nautiloid/loaded:latest"]


def test_an_image_without_python_is_judged_by_its_files(probe_store: Layout) -> None:
    report = run_selftest("nautiloid/probe", probe_store, None)
    assert report.failures == ()
    assert "no container engine" in report.not_run[0]
    root = ElementTree.fromstring(report.to_junit())
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuite", "3", "0")
