from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nautiloid.cli.app import app
from nautiloid.errors import NautiloidError
from nautiloid.factory.lockfile import read_lock

from ...wheelhouse import Wheelhouse


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_CACHE", str(tmp_path / "cache"))


def _warnings(place: Path, text: str, *options: str) -> list[str]:
    (place / "x.yaml").write_text(f"name: x\n{text}", encoding="utf-8")
    result = CliRunner().invoke(app, ["lock", str(place / "x.yaml"), "--offline", *options])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Locked x of ")
    return [line for line in result.stderr.splitlines() if line.startswith("warning:")]


def test_a_lock_of_what_is_as_it_should_be_warns_of_nothing(tmp_path: Path) -> None:
    assert _warnings(tmp_path, "summary: nothing in it") == []


def test_warnings_are_lines_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "hook").write_text("")
    text = 'files: [{from: ../hook, to: /etc/ld.so.preload}]\nimage: {env: {LD_PRELOAD: "/a\\nb.so"}}'
    assert _warnings(tmp_path / "project", text, "--allow-outside", str(tmp_path / "hook")) == [
        "warning: /etc/ld.so.preload, which the definition adds, may run code whenever Python, or any program, starts",
        "warning: takes ../hook from outside of its directory",
        "warning: LD_PRELOAD=/a\\nb.so says what programs load first (image.env)",
    ]


def test_a_build_that_makes_the_lock_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "images"))
    (tmp_path / "x.yaml").write_text("name: x\nimage: {env: {LD_PRELOAD: /a}}", encoding="utf-8")
    for told in (True, False):  # only once: the second time the lock is up to date
        result = CliRunner().invoke(app, ["build", str(tmp_path / "x.yaml"), "--offline", "--no-test"])
        assert result.exit_code == 0, result.output
        assert ("warning: LD_PRELOAD=/a says what programs load first" in result.stderr) == told


def _run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words))


def _error(*words: str) -> tuple[int, str]:
    """Return the exit code and the text of the error that a command ends with."""
    found = _run(*words).exception
    assert isinstance(found, NautiloidError)
    return found.exit_code, str(found)


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A definition that was locked, and edited since; of its wheel there is a newer version by now."""
    monkeypatch.setenv("NAUTILOID_IMAGES", str(tmp_path / "images"))
    wheels = Wheelhouse(tmp_path / "wheels", monkeypatch)
    place = tmp_path / "project"
    place.mkdir()
    wheels.put("web", "1.0")
    (place / "x.yaml").write_text("name: x\npython: {requirements: [web]}\n")
    assert _run("lock", str(place / "x.yaml")).exit_code == 0
    wheels.put("web", "2.0")
    wheels.put("extra", "1.0")
    (place / "x.yaml").write_text("name: x\npython: {requirements: [web, extra]}\n")
    return place


def test_check_says_what_differs_and_writes_nothing(edited: Path) -> None:
    before = (edited / "x.lock").read_bytes()
    found = _run("lock", str(edited / "x.yaml"), "--check")
    assert found.exit_code == 1
    assert "  python.requirements: with extra\n" in found.stdout
    assert (edited / "x.lock").read_bytes() == before
    assert _run("lock", str(edited / "x.yaml")).exit_code == 0
    found = _run("lock", str(edited / "x.yaml"), "--check")
    assert (found.exit_code, found.stdout) == (0, f"Up to date: x ({edited / 'x.lock'})\n")
    (edited / "x.lock").unlink()
    found = _run("lock", str(edited / "x.yaml"), "--check")
    assert (found.exit_code, "there is no lock" in found.stdout) == (1, True)


def test_lock_moves_what_was_edited_and_upgrade_everything(edited: Path) -> None:
    found = _run("lock", str(edited / "x.yaml"))
    assert found.stdout.splitlines()[1:] == ["  python.requirements: with extra", "  + extra 1.0"]
    assert {one.version for one in read_lock(edited / "x.lock").wheels} == {"1.0"}
    inode = (edited / "x.lock").stat().st_ino
    assert _run("lock", str(edited / "x.yaml")).stdout.startswith("Up to date: x of ")
    assert (edited / "x.lock").stat().st_ino == inode
    found = _run("lock", str(edited / "x.yaml"), "--upgrade")
    assert found.stdout.splitlines()[1:] == ["  web 1.0 -> 2.0"]


def test_a_build_renews_the_lock_and_says_what_moved(edited: Path) -> None:
    words = ("build", str(edited / "x.yaml"), "--no-test")
    code, said = _error(*words, "--locked")
    assert code == 1
    assert "the lock of 'x' is not up to date:\n  python.requirements: with extra\n" in said
    found = _run(*words)
    assert found.exit_code == 0, found.output
    assert "  python.requirements: with extra\n  + extra 1.0\n" in found.stderr
    assert {one.version for one in read_lock(edited / "x.lock").wheels} == {"1.0"}
    assert _run(*words, "--locked").exit_code == 0


def test_locked_refuses_where_there_is_no_lock(edited: Path) -> None:
    (edited / "x.lock").unlink()
    code, said = _error("build", str(edited / "x.yaml"), "--no-test", "--locked")
    assert (code, "there is no lock" in said) == (1, True)
    assert not (edited / "x.lock").exists()


def test_a_lock_that_cannot_be_met_leaves_the_old_one(edited: Path) -> None:
    before = (edited / "x.lock").read_bytes()
    (edited / "x.yaml").write_text("name: x\npython: {requirements: [web, wep]}\n")
    code, said = _error("build", str(edited / "x.yaml"), "--no-test")
    assert (code, "wep" in said) == (1, True)
    assert (edited / "x.lock").read_bytes() == before


def test_a_lock_that_cannot_be_read_gives_way_only_to_an_upgrade(edited: Path) -> None:
    (edited / "x.lock").write_text("{}")
    code, said = _error("lock", str(edited / "x.yaml"))
    assert (code, "nautiloid lock --upgrade" in said) == (2, True)
    assert _run("lock", str(edited / "x.yaml"), "--upgrade").exit_code == 0


def test_killed_while_it_locks_anew_the_old_lock_is_whole(edited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, over = threading.Event(), threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            over.wait(60)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
    before = (edited / "x.lock").read_bytes()
    command = [sys.executable, "-m", "nautiloid", "build", "x.yaml", "--no-test"]
    running = subprocess.Popen(command, cwd=edited, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert asked.wait(60)
        assert running.poll() is None
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        over.set()
        server.shutdown()
        server.server_close()
    assert (edited / "x.lock").read_bytes() == before
    assert sorted(path.name for path in edited.iterdir()) == ["x.lock", "x.yaml"]
