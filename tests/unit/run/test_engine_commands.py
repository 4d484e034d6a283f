from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

import pytest

from nautiloid.errors import UsageError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import ImageConfig, Platform
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import EngineError
from nautiloid.run.limits import systemd_scope
from nautiloid.run.ports import Port
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.run.select import choose_engine
from nautiloid.run.ulimits import Ulimit


@pytest.fixture
def full(tmp_path: Path) -> HardenedProfile:
    data = tmp_path / 'a "strange", place'
    data.mkdir()
    return HardenedProfile(
        image="nautiloid/pytorch:latest",
        args=("train.py", "--rm"),
        mounts=(Mount(data, PurePosixPath("/data")),),
        output=Mount(tmp_path / "out", PurePosixPath("/out")),
        user=User(1000, 100),
        memory=1 << 30,
        cpus=1.5,
        environment={"A": "b c"},
        workdir=PurePosixPath("/data"),
        interactive=True,
        tty=True,
    )


@pytest.fixture
def store(tmp_path: Path) -> Layout:
    store = Layout(tmp_path / "images")
    config = ImageConfig(Platform.of_this_machine(), env=("A=image", "B=image"), entrypoint=("/bin/python",))
    store.add_image(config, [], "nautiloid/pytorch:latest")
    return store


def test_docker_is_told_everything(full: HardenedProfile, tmp_path: Path) -> None:
    command = DockerEngine().command(full)
    assert command[:3] == ["docker", "run", "--rm"]
    assert command[-3:] == ["nautiloid/pytorch:latest", "train.py", "--rm"]
    options = set(command[3:-3])
    assert {"--pull=never", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"} <= options
    assert {"--network=none", "--user=1000:100", "--pids-limit=1024", "--interactive", "--tty"} <= options
    assert {"--memory=1073741824", "--memory-swap=1073741824", "--cpus=1.5", "--env=A=b c"} <= options
    assert {"--workdir=/data", "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=536870912"} <= options
    assert f"--mount=type=bind,source={tmp_path}/out,target=/out" in options
    source = f'"source={tmp_path}/a ""strange"", place"'
    assert f"--mount=type=bind,{source},target=/data,readonly" in options
    assert "--privileged" not in options
    assert not any(option.startswith("--userns") for option in options)


def test_a_plain_profile_asks_docker_for_nothing_more() -> None:
    command = DockerEngine().command(HardenedProfile("a"))
    assert not {"--interactive", "--tty", "--gpus=all"} & set(command)
    assert not any(word.startswith(("--memory", "--cpus", "--mount", "--env")) for word in command)


def test_ports_and_limits_of_each_process_are_dockers_own() -> None:
    profile = HardenedProfile(
        "a", ulimits=(Ulimit.parse("nofile=10:20"),), ports=(Port.parse("8080:8000"), Port.parse("[::]:1:2"))
    )
    command = DockerEngine().command(profile)
    assert {"--publish=127.0.0.1:8080:8000", "--publish=[::]:1:2", "--ulimit=nofile=10:20"} <= set(command)
    assert "--network=bridge" in command
    assert any("can also reach out" in said for said in DockerEngine().shortcomings(profile))


def test_the_filter_is_ours_and_it_is_there() -> None:
    (given,) = [word for word in DockerEngine().command(HardenedProfile("a")) if "seccomp=" in word]
    rules = json.loads(Path(given.partition("seccomp=")[2]).read_text())["syscalls"]
    let_through = {name for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert {"read", "clone", "openat", "chmod"} <= let_through
    assert not {"ptrace", "io_uring_setup", "keyctl", "unshare", "mount", "bpf", "openat2"} & let_through


@pytest.mark.parametrize(
    ("info", "user"),
    [
        ('["name=rootless"] none', "0:0"),
        ('["name=rootless"] systemd', "0:0"),
        ('["name=seccomp"] systemd', "1000:1000"),
    ],
)
def test_a_rootless_daemon_counts_us_as_its_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, info: str, user: str
) -> None:
    client = tmp_path / "docker"
    client.write_text(f"#!/bin/sh\necho '{info}'\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert f"--user={user}" in DockerEngine().command(HardenedProfile("a", user=User(1000, 1000)))
    assert "--user=5:5" in DockerEngine().command(HardenedProfile("a", user=User(5, 5)))
    told = " ".join(DockerEngine().shortcomings(HardenedProfile("a", user=User(1000, 1000))))
    assert ("it is you" in told, "--pids are not held" in told) == (user == "0:0", info.endswith("] none"))


def test_systemd_is_told_the_limits_of_all_processes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    words = systemd_scope(HardenedProfile("a", memory=1 << 30, cpus=1.5, pids=100))
    assert words[:3] == ("systemd-run", "--user", "--scope")
    assert {"--property=MemoryMax=1073741824", "--property=MemorySwapMax=0"} <= set(words)
    assert {"--property=CPUQuota=150%", "--property=TasksMax=106"} <= set(words)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--user" not in systemd_scope(HardenedProfile("a"))


def test_rootless_podman_keeps_our_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    mine, other = HardenedProfile("a", user=User(1000, 1000)), HardenedProfile("a", user=User(65532, 65532))
    assert DockerEngine("podman").command(mine)[0] == "podman"
    assert "--userns=keep-id" in DockerEngine("podman").command(mine)
    assert "--userns=keep-id" not in DockerEngine("podman").command(other)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--userns=keep-id" not in DockerEngine("podman").command(mine)


def test_gpus_are_asked_for_in_each_engines_words(store: Layout, tmp_path: Path) -> None:
    profile = HardenedProfile("nautiloid/pytorch:latest", gpus=True)
    assert "--gpus=all" in DockerEngine().command(profile)
    assert "--device=nvidia.com/gpu=all" in DockerEngine("podman").command(profile)
    with pytest.raises(UsageError, match="no GPUs"):
        BubblewrapEngine(store, tmp_path).command(profile)


def test_the_hosts_network_brings_the_hosts_name() -> None:
    command = DockerEngine().command(HardenedProfile("a", network="host"))
    assert "--network=host" in command
    assert not any(word.startswith("--hostname") for word in command)


@pytest.mark.parametrize("euid", [0, 1000])
def test_bubblewrap_is_told_everything(
    full: HardenedProfile, store: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, euid: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    command = BubblewrapEngine(store, tmp_path / "cache").command(full)
    inner = " ".join(command[command.index("prlimit") :])
    assert command[-3:] == ["/bin/python", "train.py", "--rm"]
    for words in (
        "--unshare-all --unshare-user",
        "--die-with-parent --new-session",
        "--uid 1000 --gid 100",
        "--cap-drop ALL --clearenv",
        "--setenv A b c",
        "--setenv B image",
        "--perms 1777 --size 536870912 --tmpfs /tmp",
        "--proc /proc --ro-bind",
        "--seccomp 9",
        "--chdir /data",
    ):
        assert words in inner
    assert "--share-net" not in command
    assert "--data=1073741824" in command
    assert ("setpriv" in command) is (euid == 0)
    assert not (tmp_path / "cache").exists(), "showing a command makes nothing"


def test_an_image_without_a_program_needs_one(store: Layout, tmp_path: Path) -> None:
    store.add_image(ImageConfig(Platform.of_this_machine()), [], "empty:latest")
    engine = BubblewrapEngine(store, tmp_path)
    with pytest.raises(EngineError, match="names no program"):
        engine.command(HardenedProfile("empty"))
    assert engine.command(HardenedProfile("empty", args=("/bin/x",)))[-1] == "/bin/x"


@pytest.mark.parametrize("name", ["docker", "podman", "bubblewrap"])
def test_an_engine_that_is_not_installed_says_so(name: str, store: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(EngineError, match="is not installed") as caught:
        choose_engine(name, store)
    assert "install" in caught.value.hint


def test_without_any_engine_the_smallest_is_recommended(store: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("NAUTILOID_ENGINE", raising=False)
    with pytest.raises(EngineError) as caught:
        choose_engine("auto", store)
    assert "apt-get install bubblewrap" in caught.value.hint
    assert all(name in caught.value.message for name in ("docker", "podman", "bwrap"))


def test_the_environment_names_the_engine(store: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAUTILOID_ENGINE", "lxc")
    with pytest.raises(UsageError, match="'lxc'"):
        choose_engine("auto", store)


def test_auto_passes_over_a_docker_without_a_daemon(
    store: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    works = tmp_path / "podman"
    works.write_text("#!/bin/sh\necho 5.0\n")
    broken = tmp_path / "docker"
    broken.write_text("#!/bin/sh\necho 'no daemon' >&2\nexit 1\n")
    for program in (works, broken):
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.delenv("NAUTILOID_ENGINE", raising=False)
    assert choose_engine("auto", store).name == "podman"
    with pytest.raises(EngineError, match="no daemon"):
        choose_engine("docker", store)
