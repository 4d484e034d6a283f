"""What a container can and cannot do, seen from inside, in every engine."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
import zstandard

from nautiloid.errors import UsageError
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_ZSTD, Descriptor
from nautiloid.oci.source import open_image
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile, Mount, User, tmpfs_of
from nautiloid.run.runsc import RunscEngine
from nautiloid.run.startable import ProgramError
from nautiloid.run.supervise import CompletedRun, RunTimeoutError
from nautiloid.run.ulimits import Ulimit

pytestmark = pytest.mark.engine

PROBE = "nautiloid/probe:latest"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(params=["docker", "bubblewrap", "runsc"])
def engine(request: pytest.FixtureRequest, probe_store: Layout, cache: Path) -> Engine:
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    known: dict[str, Engine] = {
        "docker": DockerEngine(),
        "bubblewrap": BubblewrapEngine(probe_store, cache),
        "runsc": RunscEngine(probe_store, cache),
    }
    chosen = known[request.param]
    if not (works := chosen.available()):
        pytest.skip(f"{works.reason}: {works.remedy}")
    chosen.make_ready(PROBE, probe_store)
    return chosen


def profile(*args: str, **settings: object) -> HardenedProfile:
    return HardenedProfile(image=PROBE, args=args, **settings)  # type: ignore[arg-type]


def probe(engine: Engine, *args: str, **settings: object) -> CompletedRun:
    return engine.run_captured(profile(*args, **settings), timeout=60)


def test_make_ready_tells_the_labels_and_holds_the_image(engine: Engine, probe_store: Layout) -> None:
    ready = engine.make_ready(PROBE, probe_store)
    assert ready.name == PROBE
    assert [str(path) for path in tmpfs_of(ready.labels)] == ["/tmp", "/scratch"]
    with open_image(PROBE, probe_store) as source:
        assert engine.holds(source.image, PROBE)


def test_an_image_with_zstd_layers_runs_too(engine: Engine, probe_store: Layout) -> None:
    with open_image(PROBE, probe_store) as source:
        (layer,) = source.image.manifest.layers
        with source.open_layer(layer) as content:
            blob = probe_store.write_blob([zstandard.compress(content.read())])
        zstd = Descriptor(LAYER_ZSTD, blob.digest, blob.size)
        probe_store.add_image(source.image.config, [zstd], "nautiloid/probe-zstd:latest")
    ready = engine.make_ready("nautiloid/probe-zstd", probe_store)
    done = engine.run_captured(HardenedProfile(ready.name, ("id",), user=User(12345, 12345)), timeout=60)
    assert (done.exit_code, done.stdout) == (0, "12345:12345\n"), done.stderr


def test_a_working_directory_that_the_image_lacks_is_there(engine: Engine, probe_store: Layout) -> None:
    with open_image(PROBE, probe_store) as source:
        config = replace(source.image.config, working_dir="/not/there")
        probe_store.add_image(config, source.image.manifest.layers, "nautiloid/probe-lost:latest")
    ready = engine.make_ready("nautiloid/probe-lost", probe_store)
    done = engine.run_captured(HardenedProfile(ready.name, ("cwd",)), timeout=60)
    assert (done.exit_code, done.stdout.strip()) == (0, "/not/there"), done.stderr


def test_an_image_that_is_nowhere_is_a_clear_error(engine: Engine, probe_store: Layout) -> None:
    with pytest.raises(ImageNotFoundError, match="nobody/has-this"):
        engine.make_ready("nobody/has-this", probe_store)


def test_the_root_is_read_only_and_tmp_is_writable(engine: Engine) -> None:
    for path in ("/new", "/bin/new", "/etc/new", "/home/nonroot/new", "/dev/new"):
        denied = probe(engine, "write", path)
        assert denied.exit_code == 1, path
        assert path in denied.stderr
    assert probe(engine, "write", "/tmp/new").exit_code == 0
    assert probe(engine, "write", "/dev/shm/new").exit_code == 0


def test_declared_scratch_space_is_writable_and_forgotten(engine: Engine) -> None:
    scratch = (PurePosixPath("/tmp"), PurePosixPath("/scratch"))
    assert probe(engine, "write", "/scratch/new", tmpfs=scratch).exit_code == 0
    assert probe(engine, "exists", "/scratch/new", tmpfs=scratch).exit_code == 1


def test_mounts_are_readable_and_only_the_output_is_writable(engine: Engine, tmp_path: Path) -> None:
    data, output = tmp_path / "data, with comma", tmp_path / "out"
    data.mkdir(mode=0o755)
    (data / "photo").write_text("octopus\n")
    data.chmod(0o777)
    mounts = (Mount(data, PurePosixPath("/data")),)
    target = Mount(output, PurePosixPath("/home/nonroot/out"))
    assert probe(engine, "cat", "/data/photo", mounts=mounts).stdout == "octopus\n"
    assert probe(engine, "write", "/data/new", mounts=mounts).exit_code == 1
    assert sorted(path.name for path in data.iterdir()) == ["photo"]
    written = probe(engine, "write", "/home/nonroot/out/model", mounts=mounts, output=target)
    assert written.exit_code == 0, written.stderr
    assert (output / "model").read_text() == "written\n"
    assert (output / "model").stat().st_uid == User.default().uid


def test_a_single_file_can_be_mounted(engine: Engine, tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_text("whale\n")
    mounts = (Mount(photo, PurePosixPath("/home/nonroot/photo")),)
    assert probe(engine, "cat", "/home/nonroot/photo", mounts=mounts).stdout == "whale\n"


def test_a_run_leaves_nothing_in_the_image_that_others_run(engine: Engine, cache: Path, tmp_path: Path) -> None:
    """What lies unpacked is shared: a place that one run needs would be an empty file to all others."""
    if engine.name == "docker":
        pytest.skip("Docker keeps what it unpacks itself")
    photo, photos = tmp_path / "photo", tmp_path / "photos"
    photo.write_text("whale\n")
    photos.mkdir()
    (photos / "one").write_text("squid\n")
    before = _everything(cache / "rootfs")
    for place, mounted in (("/a/b", photo), ("/a/b", photos), ("/home/nonroot/x", photo), ("/home/nonroot/x", photos)):
        mount = (Mount(mounted, PurePosixPath(place)),)
        file, text = (place, "whale\n") if mounted == photo else (f"{place}/one", "squid\n")
        assert probe(engine, "cat", file, mounts=mount).stdout == text
        assert probe(engine, "exists", "/etc", mounts=mount).exit_code == 0
        assert probe(engine, "write", "/home/nonroot/new", mounts=mount).exit_code == 1
        assert probe(engine, "write", "/new", mounts=mount).exit_code == 1
        assert probe(engine, "exists", place).exit_code == 1
    assert _everything(cache / "rootfs") == before


def _everything(directory: Path) -> list[str]:
    return sorted(str(path) for path in directory.rglob("*"))


def test_names_of_this_machine_are_known_without_a_network(engine: Engine) -> None:
    assert "localhost" in probe(engine, "cat", "/etc/hosts").stdout.split()
    assert probe(engine, "cat", "/etc/hostname").stdout == "nautiloid\n"
    assert probe(engine, "exists", "/etc/resolv.conf").exit_code == 0
    hosts = probe(engine, "cat", "/etc/hosts", network="host").stdout
    if engine.name != "docker":
        assert hosts == Path("/etc/hosts").read_text()


def test_a_file_of_ones_own_stands_above_the_runs(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("10.0.0.1 octopus\n")
    mounts = (Mount(tmp_path / "mine", PurePosixPath("/etc/hosts")),)
    assert probe(engine, "cat", "/etc/hosts", mounts=mounts).stdout == "10.0.0.1 octopus\n"
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/mine").write_text("squid\n")
    mounts = (Mount(tmp_path / "etc", PurePosixPath("/etc")),)
    if engine.name != "docker":  # which wants a place for its own files even there
        assert probe(engine, "cat", "/etc/mine", mounts=mounts).stdout == "squid\n"
    assert [path.name for path in (tmp_path / "etc").iterdir()] == ["mine"]


def test_what_cannot_be_started_is_told_in_words(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/bash\n")
    (tmp_path / "script").chmod(0o755)
    if not engine.looks_first:
        assert engine.run(profile(entrypoint=("/bin/sh",))) == 127
        return
    for word in ("/bin/sh", "sh", "../bin/sh"):
        with pytest.raises(ProgramError, match=f"no program {word} in the image") as refused:
            probe(engine, entrypoint=(word,))
        assert refused.value.exit_code == 127
        assert "A hardened image has no shell. `nautiloid debug nautiloid/probe" in refused.value.hint
    with pytest.raises(UsageError, match="no directory /gone to start in"):
        probe(engine, "cwd", workdir=PurePosixPath("/gone"))
    with pytest.raises(UsageError, match="has a file at /bin/probe, over which a directory"):
        probe(engine, "cwd", mounts=(Mount(tmp_path, PurePosixPath("/bin/probe")),))
    mounts = (Mount(tmp_path, PurePosixPath("/mine")),)
    assert probe(engine, "cwd", mounts=mounts, workdir=PurePosixPath("/mine")).exit_code != 2
    assert probe(engine, entrypoint=("../../bin/probe", "cwd")).exit_code == 0


def test_there_is_no_network_but_loopback(engine: Engine) -> None:
    lines = probe(engine, "cat", "/proc/net/dev").stdout.splitlines()
    assert [line.split(":")[0].strip() for line in lines if ":" in line] == ["lo"]


def test_the_hosts_network_only_on_request(engine: Engine) -> None:
    inside = probe(engine, "cat", "/proc/net/dev", network="host").stdout
    outside = Path("/proc/net/dev").read_text()
    assert {line.split(":")[0] for line in inside.splitlines()} == {line.split(":")[0] for line in outside.splitlines()}


def test_no_capability_and_no_way_to_gain_one(engine: Engine) -> None:
    lines = probe(engine, "cat", "/proc/self/status").stdout.splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    kinds = {kind for kind in status if kind.startswith("Cap")}
    assert kinds >= {"CapInh", "CapPrm", "CapEff", "CapBnd"}  # gVisor's kernel knows no ambient ones
    assert not any(int(status[kind], 16) for kind in kinds), status
    assert status.get("NoNewPrivs", "1") == "1"  # gVisor's kernel does not tell; prctl does (test_run_audit)
    assert set(status["Uid"].split()) == {str(User.default().uid)}


@pytest.mark.parametrize("user", [User(65532, 65532), User(12345, 54321), User(0, 0)], ids=str)
def test_the_program_runs_as_the_user_that_was_asked_for(engine: Engine, user: User) -> None:
    assert probe(engine, "id", user=user).stdout.strip() == str(user)
    assert probe(engine, "write", "/bin/new", user=user).exit_code == 1
    status = probe(engine, "cat", "/proc/self/status", user=user).stdout
    assert "CapEff:\t0000000000000000" in status


ANYBODY = pytest.mark.parametrize("user", [User(0, 0), User(65532, 65532)], ids=str)


@ANYBODY
def test_the_kernels_own_files_cannot_be_changed(engine: Engine, user: User) -> None:
    """Whoever may write core_pattern chooses a program that the kernel starts as the machine's root."""
    for path in ("sys/kernel/core_pattern", "sys/vm/drop_caches", "sysrq-trigger", "irq/default_smp_affinity", "kcore"):
        assert probe(engine, "can-write", f"/proc/{path}", user=user).exit_code == 1, path
    assert not probe(engine, "cat", "/proc/keys", user=user).stdout


def test_limits_hold_for_all_processes_together(engine: Engine) -> None:
    """Each of the five keeps within the limit, but not all of them."""
    if any(one.startswith("--memory") for one in engine.shortcomings(profile(memory=200 << 20))):
        pytest.skip("no control group can be made here, and the engine says so")
    assert probe(engine, "hog", "1", "60", memory=200 << 20).stdout == "1\n"
    together = probe(engine, "hog", "5", "60", memory=200 << 20)
    assert together.exit_code or int(together.stdout) <= 3, together


def test_no_control_group_stays_behind(engine: Engine) -> None:
    probe(engine, "hog", "1", "1", memory=64 << 20, cpus=0.5)
    assert not list(Path("/sys/fs/cgroup").rglob(f"nautiloid-{os.getpid()}-*"))


def test_limits_of_each_process(engine: Engine) -> None:
    limits = (Ulimit.parse("nofile=100:200"),)
    assert probe(engine, "files", ulimits=limits).stdout == "100:200\n"


def test_a_run_ends_after_its_time(engine: Engine) -> None:
    assert engine.run(profile("sleep", _unusual_number()), timeout=1.5) == 124


@pytest.mark.parametrize("code", [0, 1, 3, 77])
def test_the_exit_code_is_the_programs_own(engine: Engine, code: int) -> None:
    assert probe(engine, "exit", str(code)).exit_code == code
    assert engine.run(profile("exit", str(code))) == code


def test_arguments_pass_as_they_are(engine: Engine) -> None:
    awkward = ("--rm", "-v", "/:/host", "two words", "", "$HOME", "--")
    assert probe(engine, "args", *awkward).stdout == "".join(f"{word}\n" for word in awkward)


def test_environment_and_directory_come_from_image_and_profile(engine: Engine) -> None:
    os.environ["SECRET_OF_THE_HOST"] = "x"
    try:
        seen = probe(engine, "env", environment={"MINE": "a=b c"}).stdout.splitlines()
    finally:
        del os.environ["SECRET_OF_THE_HOST"]
    assert {"FROM_IMAGE=yes", "HOME=/home/nonroot", "MINE=a=b c"} <= set(seen)
    assert not any("SECRET" in entry for entry in seen)
    assert probe(engine, "cwd").stdout.strip() == "/home/nonroot"
    assert probe(engine, "cwd", workdir=PurePosixPath("/tmp")).stdout.strip() == "/tmp"


def test_the_number_of_processes_is_limited(engine: Engine) -> None:
    if engine.name == "runsc":
        pytest.skip("it says that it does not")
    assert int(probe(engine, "fork", "100", pids=20).stdout) < 25


def test_a_program_that_takes_too_long_is_killed(engine: Engine) -> None:
    seconds = _unusual_number()
    with pytest.raises(RunTimeoutError):
        engine.run_captured(profile("sleep", seconds), timeout=3)
    assert _gone(seconds)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_running(engine: Engine, probe_store: Layout, cache: Path, signum: int) -> None:
    seconds = _unusual_number()
    with _running(engine, probe_store, cache, "sleep", seconds) as ours:
        ours.send_signal(signum)
        assert ours.wait(timeout=30) != 0
    assert _gone(seconds)


def test_a_program_may_end_in_order(engine: Engine, probe_store: Layout, cache: Path) -> None:
    with _running(engine, probe_store, cache, "in-order", _unusual_number()) as ours:
        ours.send_signal(signal.SIGTERM)
        assert ours.stdout is not None
        assert ours.stdout.read() == b"ended in order\n"
        assert ours.wait(timeout=30) == 7


def _running(engine: Engine, probe_store: Layout, cache: Path, work: str, seconds: str) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, and wait until its program says that it sleeps."""
    script = (
        "import sys; from pathlib import Path\n"
        "from nautiloid.oci.layout import Layout\n"
        "from nautiloid.run.bubblewrap import BubblewrapEngine\n"
        "from nautiloid.run.docker import DockerEngine\n"
        "from nautiloid.run.profile import HardenedProfile\n"
        "from nautiloid.run.runsc import RunscEngine\n"
        "name, store, cache, image, work, seconds = sys.argv[1:]\n"
        "bubblewrap = BubblewrapEngine(Layout(Path(store)), Path(cache), grace=1)\n"
        "runsc = RunscEngine(Layout(Path(store)), Path(cache), grace=1)\n"
        "engine = {'docker': DockerEngine(grace=1), 'bubblewrap': bubblewrap, 'runsc': runsc}[name]\n"
        "sys.exit(engine.run(HardenedProfile(image, (work, seconds))))\n"
    )
    command = [sys.executable, "-c", script, engine.name, str(probe_store.directory), str(cache)]
    ours = subprocess.Popen([*command, PROBE, work, seconds], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert ours.stdout is not None
    assert ours.stdout.readline() == b"asleep\n"
    return ours


def _unusual_number() -> str:
    """Return a number of seconds that no other run on this machine sleeps for."""
    return str(secrets.randbelow(10**8) + 10**6)


def _gone(seconds: str) -> bool:
    """Wait until no probe sleeps for so long, as the host sees it; the kernel may need a moment."""
    deadline = time.monotonic() + 5
    while _is_asleep(seconds) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _is_asleep(seconds)


def _is_asleep(seconds: str) -> bool:
    sleeper = ["/bin/probe", "sleep", seconds]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_text(errors="replace").split("\0")
        except OSError:
            continue
        if words[:3] == sleeper:
            return True
    return False
