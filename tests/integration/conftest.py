"""Real engines and a real image for the integration tests."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, Descriptor, ImageConfig, Platform

from ..conftest import one_at_a_time

PROBE = "nautiloid/probe:latest"
_STARTUP_SECONDS = 60


def _docker_answers(host: str = "") -> bool:
    command = ["docker", *(["--host", host] if host else []), "info", "--format", "{{.ServerVersion}}"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and bool(answer.stdout.strip())


@pytest.fixture(scope="session")
def docker_daemon(shared_directory: Path) -> Iterator[None]:
    """A Docker daemon that answers: the machine's own, else one that root starts for all workers of the session."""
    if _docker_answers() and "DOCKER_HOST" not in os.environ:
        yield
        return
    if shutil.which("docker") is None or shutil.which("dockerd") is None:
        pytest.skip("Docker is not installed")
    if os.geteuid() != 0:
        pytest.skip("no Docker daemon answers, and only root can start one")
    address = shared_directory / "docker-host"
    with one_at_a_time(shared_directory / "docker-busy"):
        if not address.exists():
            address.write_text(_start_daemon())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", address.read_text())
        yield


def _start_daemon() -> str:
    """Start a daemon that ends with this session, and return where it listens."""
    # A socket's path may have 107 bytes: pytest's own temporary directories are too long.
    place = Path(tempfile.mkdtemp(prefix="ntd-"))
    session = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    keeper = [sys.executable, str(Path(__file__).with_name("keep_docker.py")), str(session), str(place)]
    process = subprocess.Popen(keeper, stdin=subprocess.DEVNULL, start_new_session=True)
    host = f"unix://{place}/s"
    deadline = time.monotonic() + _STARTUP_SECONDS
    while not _docker_answers(host):
        if process.poll() is not None or time.monotonic() > deadline:
            log = place / "log"
            last = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            pytest.skip(f"dockerd does not start here: {last}")
        time.sleep(0.2)
    return host


@pytest.fixture(scope="session")
def probe_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static program that looks at its container from within."""
    if shutil.which("gcc") is None:
        pytest.skip("the probe needs gcc")
    program = tmp_path_factory.mktemp("probe") / "probe"
    command = ["gcc", "-static", "-O1", "-Wall", "-o", program, Path(__file__).with_name("probe.c")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        pytest.skip(f"gcc cannot link the static probe: {built.stderr.strip()}")
    return program


@pytest.fixture(scope="session")
def probe_store(probe_program: Path, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A store that holds one image, ``nautiloid/probe:latest``, whose entry point is the probe."""
    store = Layout(tmp_path_factory.mktemp("images"))
    content = _layer(probe_program)
    blob = store.write_blob([gzip.compress(content, mtime=0)])
    config = ImageConfig(
        platform=Platform.of_this_machine(),
        user="65532:65532",
        env=("PATH=/bin", "HOME=/home/nonroot", "FROM_IMAGE=yes"),
        entrypoint=("/bin/probe",),
        working_dir="/home/nonroot",
        labels={"org.nautiloid.run.tmpfs": "/tmp,/scratch"},
        diff_ids=(digest_of(content),),
    )
    store.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], PROBE)
    return store


def _layer(program: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in (("bin", 0o755), ("etc", 0o755), ("home", 0o755), ("tmp", 0o1777)):
            directory = tarfile.TarInfo(name)
            directory.type, directory.mode = tarfile.DIRTYPE, mode
            tar.addfile(directory)
        home = tarfile.TarInfo("home/nonroot")
        home.type, home.mode, home.uid, home.gid = tarfile.DIRTYPE, 0o755, 65532, 65532
        tar.addfile(home)
        member = tarfile.TarInfo("bin/probe")
        member.size, member.mode = program.stat().st_size, 0o755
        with program.open("rb") as file:
            tar.addfile(member, file)
    return buffer.getvalue()
