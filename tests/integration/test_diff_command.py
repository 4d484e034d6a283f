"""``nautiloid diff`` on two builds of a real image between which one local file was edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.archive import write_archive
from nautiloid.oci.layout import Layout

from ..conftest import Built

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


CHANGES = """
import os, shutil
shutil.rmtree("/usr/lib/python3.11/json")
shutil.rmtree("/usr/lib/python3.11/wsgiref")
os.mkdir("/usr/lib/python3.11/wsgiref")
open("/usr/lib/python3.11/wsgiref/new.py", "w").close()
os.remove("/etc/group")
os.link("/etc/passwd", "/etc/passwd2")
open("/etc/nsswitch.conf", "a").write("more: files\\n")
"""


@pytest.mark.engine
def test_what_a_container_changed_is_found_in_the_image_that_docker_saves(
    built: Callable[[str], Built], docker_daemon: None, tmp_path: Path
) -> None:
    image = built("python")
    source, saved = tmp_path / "python.tar", tmp_path / "changed.tar"
    reference = image.result.reference
    write_archive(image.layout, image.layout.resolve(reference), reference, source)

    def docker(*args: str) -> str:
        return subprocess.run(["docker", *args], capture_output=True, text=True, check=True).stdout.strip()

    docker("load", "-i", str(source))
    container = docker("create", "--user", "root", "--network", "none", reference, "-c", CHANGES)
    try:
        docker("start", "--attach", container)
        docker("commit", container, "nautiloid/changed:latest")
        docker("save", "-o", str(saved), "nautiloid/changed:latest")
    finally:
        docker("rm", "--force", container)
    done = _nautiloid("diff", reference, str(saved), "--ignore", "mtime", "--format", "json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    files = {file["path"]: file for file in json.loads(done.stdout)["files"]}
    library = "/usr/lib/python3.11"
    assert {path for path, file in files.items() if file["change"] == "added"} == {
        "/etc/passwd2", f"{library}/wsgiref/new.py",
    }  # fmt: skip
    removed = {path for path, file in files.items() if file["change"] == "removed"}
    assert {"/etc/group", f"{library}/json", f"{library}/json/decoder.py", f"{library}/wsgiref/util.py"} <= removed
    assert all(path.startswith((f"{library}/json", f"{library}/wsgiref/", "/etc/group")) for path in removed)
    changed = {path: set(file["fields"]) for path, file in files.items() if file["change"] == "changed"}
    assert changed == {"/etc/nsswitch.conf": {"size", "content"}, "/etc/passwd": {"hardlink"}}
