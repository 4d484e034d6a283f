"""Containers in the background, in every engine that can be had here: started, listed, read, stopped, looked into."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautiloid.oci.layout import Layout

pytestmark = pytest.mark.engine

OURS = ("calm", "short", "brief", "bad", "late", "lost", "api", "seen")
Nautiloid = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["docker", "bubblewrap", "runsc"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    return str(request.param)


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    """Where the command keeps what is true at the moment."""
    return {"NAUTILOID_STATE": str(tmp_path / "state")}


@pytest.fixture
def nautiloid(probe_store: Layout, state: dict[str, str]) -> Iterator[Nautiloid]:
    """The command, with a shelf of its own; what it started is removed."""
    environment = {**os.environ, "NAUTILOID_IMAGES": str(probe_store.directory)}

    def call(*words: str, fails: bool = False, terminal: bool = False) -> subprocess.CompletedProcess[str]:
        environment.update(state)
        command = [sys.executable, "-m", "nautiloid", *words]
        if terminal:
            command = ["script", "--quiet", "--return", "--command", shlex.join(command), os.devnull]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=90)
        if "cannot be used" in done.stderr:
            pytest.skip(done.stderr.strip())
        assert (done.returncode != 0) == fails, done.stderr
        assert "Traceback" not in done.stderr
        return done

    yield call
    for one in _listed(call):
        call("rm", "--force", str(one["name"]))


def _listed(nautiloid: Nautiloid) -> list[dict[str, object]]:
    """Return what there is of our own: other tests may have containers in the same daemon."""
    listed = [json.loads(line) for line in nautiloid("ps", "--all", "--json").stdout.splitlines()]
    return [one for one in listed if one["name"] in OURS]


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_life_in_the_background(engine: str, nautiloid: Nautiloid) -> None:
    started = nautiloid("run", "--engine", engine, "-d", "--name", "calm", "nautiloid/probe", "in-order", "600")
    assert started.stdout == "calm\n"
    (listed,) = _listed(nautiloid)
    assert (listed["name"], listed["engine"], listed["running"]) == ("calm", engine, True)
    assert str(listed["image"]).startswith("nautiloid/probe")
    assert (
        "There is a container calm already"
        in nautiloid("run", "-d", "--name", "calm", "nautiloid/probe", fails=True).stderr
    )
    assert "runs" in nautiloid("rm", "calm", fails=True).stderr
    nautiloid("stop", "calm")
    (ended,) = _listed(nautiloid)
    assert (ended["running"], ended["exit_code"], ended["started"]) == (False, 7, listed["started"])
    assert nautiloid("logs", "calm").stdout.splitlines() == ["asleep", "ended in order"]
    nautiloid("rm", "calm")
    assert _listed(nautiloid) == []


def test_a_log_is_followed_to_the_end(engine: str, nautiloid: Nautiloid) -> None:
    nautiloid("run", "--engine", engine, "-d", "--name", "short", "nautiloid/probe", "in-order", "2")
    began = time.monotonic()
    assert nautiloid("logs", "--follow", "short").stdout == "asleep\n"
    assert time.monotonic() - began > 0.5
    assert _listed(nautiloid)[0]["exit_code"] == 0


def test_what_a_program_writes_commands_no_terminal(nautiloid: Nautiloid) -> None:
    said = "\x1b]0;title\x07 whale"
    nautiloid("run", "--engine", "bubblewrap", "-d", "--name", "calm", "nautiloid/probe", "args", said)
    assert nautiloid("logs", "calm").stdout == f"{said}\n"
    assert "\\x1b]0;title\\x07 whale" in nautiloid("logs", "calm", terminal=True).stdout


def test_nothing_is_kept_where_nothing_shall_be(engine: str, nautiloid: Nautiloid) -> None:
    nautiloid("run", "--engine", engine, "-d", "--rm", "--name", "brief", "nautiloid/probe", "sleep", "600")
    nautiloid("stop", "--time", "0", "brief")
    deadline = time.monotonic() + 10
    while _listed(nautiloid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _listed(nautiloid) == []


def test_a_program_that_fails_at_once_is_told(nautiloid: Nautiloid) -> None:
    failed = nautiloid("run", "--engine", "bubblewrap", "-d", "--name", "bad", "nautiloid/probe", "no-such", fails=True)
    assert "ended at once with 99: probe: unknown request no-such" in failed.stderr
    assert _listed(nautiloid)[0]["exit_code"] == 99


def test_time_that_is_over_ends_it(nautiloid: Nautiloid) -> None:
    nautiloid(
        "run", "--engine", "bubblewrap", "-d", "--name", "late", "--timeout", "1", "nautiloid/probe", "in-order", "99"
    )
    nautiloid("logs", "--follow", "late")
    assert _listed(nautiloid)[0]["exit_code"] == 124


@pytest.mark.parametrize("engine", ["bubblewrap", "runsc"])
def test_a_watcher_that_is_killed_takes_its_container_along(engine: str, nautiloid: Nautiloid, tmp_path: Path) -> None:
    nautiloid(
        "run", "--engine", engine, "-d", "--name", "lost", "--memory", "256m", "nautiloid/probe", "sleep", "987654"
    )
    record = json.loads((tmp_path / "state/containers/lost/container.json").read_text())
    os.kill(record["process"], signal.SIGKILL)
    time.sleep(0.5)
    (ended,) = _listed(nautiloid)
    assert (ended["running"], ended["exit_code"]) == (False, None)
    left = [path for path in Path("/proc").glob("[0-9]*/cgroup") if f"nautiloid-{record['process']}-" in _text(path)]
    assert left == []


def test_a_damaged_record_hides_no_container(nautiloid: Nautiloid, tmp_path: Path) -> None:
    nautiloid("run", "--engine", "bubblewrap", "-d", "--name", "calm", "nautiloid/probe", "sleep", "600")
    record = tmp_path / "state/containers/calm/container.json"
    record.write_text("{")
    assert "runs (record damaged)" in nautiloid("ps").stdout
    nautiloid("stop", "calm")
    assert [one["exit_code"] for one in _listed(nautiloid)] == [143]


def test_a_relative_place_for_what_is_known(
    nautiloid: Nautiloid, state: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    state["NAUTILOID_STATE"] = "elsewhere"
    nautiloid("run", "--engine", "bubblewrap", "-d", "--name", "calm", "nautiloid/probe", "sleep", "600")
    assert [one["running"] for one in _listed(nautiloid)] == [True]
    assert (tmp_path / "elsewhere/containers/calm/log").is_file()


def test_a_carrier_that_is_killed_is_begun_anew(nautiloid: Nautiloid) -> None:
    port = _port()
    publish = ("--name", "api", "-p", f"{port}:8000")
    nautiloid("run", "--engine", "bubblewrap", "-d", *publish, "nautiloid/probe", "serve", "8000")
    (carrier,) = [path for path in Path("/proc").glob("[0-9]*") if _carries(path, port)]
    os.kill(int(carrier.name), signal.SIGKILL)
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(10)
        connection.sendall(b"octopus\n")
        assert connection.recv(99) == b"hello octopus\n"
    nautiloid("stop", "--time", "0", "api")
    assert [path for path in Path("/proc").glob("[0-9]*") if _carries(path, port)] == []


def _carries(process: Path, port: int) -> bool:
    """Tell whether a process carries connections of a port: it has a socket that listens there."""
    if "nautiloid.run.forward" not in _text(process / "cmdline"):
        return False
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    listening = {f"socket:[{one[9]}]" for one in lines if one[1].endswith(f":{port:04X}") and one[3] == "0A"}
    return any(str(one.readlink()) in listening for one in (process / "fd").iterdir())


def test_one_that_is_not_there_does_not_keep_the_others(nautiloid: Nautiloid) -> None:
    for name in ("calm", "short"):
        nautiloid("run", "--engine", "bubblewrap", "-d", "--name", name, "nautiloid/probe", "exit", "0")
    done = nautiloid("rm", "calm", "nosuch", "short", fails=True)
    assert (done.returncode, done.stdout) == (1, "calm\nshort\n")
    assert "There is no container 'nosuch'" in done.stderr
    assert _listed(nautiloid) == []


@pytest.mark.parametrize("engine", ["docker", "bubblewrap"], indirect=True)
def test_a_program_that_does_not_end_was_killed(engine: str, nautiloid: Nautiloid) -> None:
    nautiloid("run", "--engine", engine, "-d", "--name", "late", "nautiloid/probe", "deaf", "600")
    nautiloid("stop", "--time", "0", "late")
    (ended,) = _listed(nautiloid)
    assert (ended["running"], ended["exit_code"]) == (False, 137)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""


def test_a_published_port_and_no_way_out(nautiloid: Nautiloid) -> None:
    port = _port()
    words = (
        "run",
        "--engine",
        "bubblewrap",
        "-d",
        "--name",
        "api",
        "-p",
        f"{port}:8000",
        "nautiloid/probe",
        "serve",
        "8000",
    )
    nautiloid(*words)
    for word in (b"octopus\n", b"whale\n"):
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(word)
            assert connection.recv(99) == b"hello " + word
    seen = nautiloid("debug", "--tools", "nautiloid/probe", "api", "/bin/probe", "cat", "/proc/net/dev").stdout
    assert [line.split(":")[0].strip() for line in seen.splitlines() if ":" in line] == ["lo"]
    assert nautiloid("run", "--engine", "bubblewrap", "-p", f"{_port()}:1", "nautiloid/probe", "exit", "0").stderr == ""
    taken = nautiloid("run", "--engine", "bubblewrap", "-p", f"{port}:1", "nautiloid/probe", "exit", "0", fails=True)
    assert f"The port {port} of 127.0.0.1 cannot be had: Address already in use" in taken.stderr
    nautiloid("stop", "api")
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 1):
        pass


@pytest.mark.parametrize("engine", ["docker", "bubblewrap"], indirect=True)
def test_another_images_tools_beside_a_container(engine: str, nautiloid: Nautiloid) -> None:
    nautiloid("run", "--engine", engine, "-d", "--name", "seen", "-e", "MINE=1", "nautiloid/probe", "sleep", "600")
    number = "2" if engine == "bubblewrap" else "1"
    beside = ("debug", "--tools", "nautiloid/probe", "seen", "/bin/probe")
    assert nautiloid(*beside, "cat", f"/proc/{number}/comm").stdout == "probe\n"
    assert nautiloid(*beside, "write", f"/proc/{number}/root/tmp/from-outside").returncode == 0
    assert nautiloid(*beside, "exists", f"/proc/{number}/root/tmp/from-outside").returncode == 0
    assert "Read-only" in nautiloid(*beside, "write", f"/proc/{number}/root/bin/x", fails=True).stderr
    nautiloid("stop", "-t", "0", "seen")
    assert "has ended" in nautiloid("debug", "seen", fails=True).stderr


def test_tools_over_an_images_files(engine: str, nautiloid: Nautiloid) -> None:
    over = ("debug", "--engine", engine, "--tools", "nautiloid/probe", "nautiloid/probe", "/bin/probe")
    assert nautiloid(*over, "exists", "/target/bin/probe").returncode == 0
    assert nautiloid(*over, "write", "/target/bin/new", fails=True).returncode == 1


def test_what_is_not_there_is_said(nautiloid: Nautiloid) -> None:
    for words in (("logs", "nobody"), ("stop", "nobody"), ("rm", "nobody")):
        assert "There is no container 'nobody'" in nautiloid(*words, fails=True).stderr
    assert "cannot name a container" in nautiloid("run", "--name", "../x", "nautiloid/probe", fails=True).stderr
