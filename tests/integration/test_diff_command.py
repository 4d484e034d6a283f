"""``nautiloid diff`` on two builds of a real image between which one local file was edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nautiloid.factory.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout

pytestmark = pytest.mark.network


def _nautiloid(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nautiloid", *args]
    return subprocess.run(command, cwd=cwd, env=dict(os.environ), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def two_builds(image_store: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not read_apt_sources():
        pytest.skip("no Debian mirror: apt has no sources here")
    project = tmp_path_factory.mktemp("project")
    (project / "nautiloid.yaml").write_text("extends: python\nname: diffed\nfiles: [{from: app.py, to: /app/app.py}]\n")
    for text, tag in (("print('one')\n", "nautiloid/diffed:1"), ("print('two')\n", "nautiloid/diffed:2")):
        (project / "app.py").write_text(text)
        (project / "diffed.lock").unlink(missing_ok=True)
        done = _nautiloid("build", ".", "--tag", tag, cwd=project)
        assert done.returncode == 0, done.stderr
    return project


def test_an_edited_file_is_all_that_differs(two_builds: Path) -> None:
    done = _nautiloid(
        "diff", "nautiloid/diffed:1", "nautiloid/diffed:2", "--content", "--format", "json", cwd=two_builds
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert [(file["path"], file["layer"], file["kind"]) for file in found["files"]] == [
        ("/app/app.py", "application", "file, Python source")
    ]
    assert found["files"][0]["diff"][-2:] == ["-print('one')", "+print('two')"]
    assert set(found["files"][0]["fields"]) == {"content"}
    assert found["config"] == []
    assert [entry["name"] for entry in found["annotations"]] == ["annotations.org.nautiloid.lock"]
    layers = found["layers"]
    assert [pair["b"]["name"] for pair in layers["pairs"] if not pair["same"]] == ["application"]
    assert layers["bytes_only_in_b"] < 1000 < layers["bytes_shared"]


def test_text_names_the_file_and_what_a_push_would_move(two_builds: Path) -> None:
    done = _nautiloid("diff", "diffed:1", "diffed:2", "--content", cwd=two_builds)
    assert done.returncode == 1, done.stderr
    assert "Files: 0 added, 0 removed, 1 changed" in done.stdout
    assert "~ /app/app.py  content sha256:" in done.stdout
    assert "+print('two')" in done.stdout
    assert "1 paths differ" in done.stdout


def test_an_exported_image_is_the_same_as_the_one_in_the_store(two_builds: Path) -> None:
    tar = two_builds / "one.tar"
    done = _nautiloid("build", ".", "--tag", "nautiloid/diffed:2", "--output", str(tar), cwd=two_builds)
    assert done.returncode == 0, done.stderr
    done = _nautiloid("diff", "diffed:2", str(tar), cwd=two_builds)
    assert done.returncode == 0, done.stdout
    assert "same" in done.stdout


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("diffed:1", "diffed:9"), 2, "no image"),
        (("diffed:1", "Not A Name"), 2, "not the name"),
        (("diffed:1", "diffed:2", "--ignore", "weather"), 2, "mtime"),
        (("diffed:1", "diffed:2", "--platform", "amd64"), 2, "platform"),
    ],
)
def test_wrong_requests_say_what_is_wrong(two_builds: Path, args: tuple[str, ...], code: int, words: str) -> None:
    done = _nautiloid("diff", *args, cwd=two_builds)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr
