"""Nautiloid's own image: it builds, scans and pushes images in containers that are allowed nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
import yaml

from nautiloid import places
from nautiloid.debian.mirrors import debian_mirrors, read_apt_sources
from nautiloid.images.inspecting import inspect_anything
from nautiloid.oci.layout import Layout
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.run.supervise import CompletedRun

from ..integration.test_registry import _serve
from ..unit.vulns.exports_server import ExportsServer, record

pytestmark = [
    pytest.mark.engine,
    pytest.mark.network,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
    pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is not installed"),
]

ROOT = Path(__file__).parents[2]
JOB = ROOT / "examples/kubernetes/build-job.yaml"
NAME = "nautiloid/nautiloid:latest"
NONROOT = "65532:65532"


@pytest.fixture(scope="module")
def own_image(image_store: Layout, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the image from the wheel of this checkout; its self-test runs in whichever engine works."""
    project = tmp_path_factory.mktemp("own") / "nautiloid"
    shutil.copytree(ROOT / "images/nautiloid", project, ignore=shutil.ignore_patterns("*.lock"))
    wheels = f"{os.environ.get('PIP_FIND_LINKS', '')} {wheel.parent}"
    done = subprocess.run(
        [sys.executable, "-m", "nautiloid", "build", project, "--tag", NAME],
        env={**os.environ, "PIP_FIND_LINKS": wheels, "NAUTILOID_ENGINE": "bubblewrap"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return NAME


@pytest.fixture(params=["docker", "bubblewrap"])
def engine(request: pytest.FixtureRequest, own_image: str, image_store: Layout) -> Engine:
    if request.param == "docker":
        request.getfixturevalue("docker_daemon")
    known: dict[str, Engine] = {
        "docker": DockerEngine(),
        "bubblewrap": BubblewrapEngine(image_store, places.cache_directory()),
    }
    chosen = known[request.param]
    if not (works := chosen.available()):
        pytest.skip(f"{works.reason}: {works.remedy}")
    chosen.make_ready(own_image, image_store)
    return chosen


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    yield from _serve(tmp_path / "registry")


@pytest.fixture
def advisories(tmp_path: Path) -> Iterator[ExportsServer]:
    (tmp_path / "bucket").mkdir()
    running = ExportsServer(tmp_path / "bucket")
    running.publish("Debian", [record("DEBIAN-CVE-2026-5", "tzdata", fixed="2020a-1", ecosystem="Debian:12")])
    yield running
    running.close()


def _mirrors() -> dict[str, str]:
    """Say which mirrors apt uses here as the variables that a container gets."""
    variables = {"debian": "NAUTILOID_DEBIAN_MIRROR", "debian-security": "NAUTILOID_DEBIAN_SECURITY_MIRROR"}
    return {variable: debian_mirrors(archive)[0] for archive, variable in variables.items()}


def test_it_holds_what_it_needs_and_no_shell(own_image: str, image_store: Layout) -> None:
    surface = inspect_anything(own_image, image_store).surface
    assert (surface.shells, surface.setuid, surface.compilers, surface.network_clients) == ((), (), (), ())
    programs = {program.path.rpartition("/")[2] for program in surface.executables}
    assert programs == {"bwrap", "prlimit", "setpriv", "python3.11", "libc.so.6", "pip"}


def test_it_builds_and_pushes_in_a_container_that_is_allowed_nothing(
    engine: Engine, registry: str, image_store: Layout, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)

    def nautiloid(*arguments: str) -> CompletedRun:
        profile = HardenedProfile(
            NAME, arguments, output=Mount(tmp_path / "output", PurePosixPath("/output")), user=User(65532, 65532),
            network="host", environment=_mirrors(),
        )  # fmt: skip
        done = engine.run_captured(profile, timeout=300)
        assert done.exit_code == 0, done.stdout + done.stderr
        return done

    made = nautiloid("build", "static")
    # Nothing can be started in there, and it says so instead of calling the image tested.
    assert "nothing was started: no container engine works here" in made.stdout
    nautiloid("push", "static", f"{registry}/team/static:1")
    pushed = inspect_anything(f"docker://{registry}/team/static:1", image_store)
    assert len([one for one in pushed.components if one.purl.startswith("pkg:deb/")]) == 5
    again = [sys.executable, "-m", "nautiloid", "build", "static", "--locked", "--no-test"]
    environment = {**os.environ, "NAUTILOID_IMAGES": str(tmp_path / "images")}
    ours = subprocess.run(again, cwd=tmp_path / "output", env=environment, capture_output=True, text=True, check=True)
    assert ours.stdout.split()[-1] == made.stdout.split()[-1], "from the same lock comes another digest"


def test_where_namespaces_are_allowed_it_starts_what_it_built(
    own_image: str, image_store: Layout, docker_daemon: None, tmp_path: Path
) -> None:
    DockerEngine().make_ready(own_image, image_store)
    (tmp_path / "output").mkdir()
    os.chown(tmp_path / "output", 65532, 65532)
    unmasked = ("--security-opt=seccomp=unconfined", "--security-opt=systempaths=unconfined")
    volumes = (f"--volume={tmp_path}/output:/output",)
    done = _docker("build", "python", options=(*unmasked, *volumes), environment=_mirrors())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks in bubblewrap" in done.stdout


def _docker(*arguments: str, options: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [
        *("docker", "run", "--rm", "--pull=never", "--read-only", "--cap-drop=ALL"),
        *("--security-opt=no-new-privileges", f"--user={NONROOT}", "--network=host", *options),
        *(f"--env={name}={value}" for name, value in environment.items()),
        *(NAME, *arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def test_the_job_for_kubernetes_is_one_and_does_its_work(
    own_image: str, image_store: Layout, docker_daemon: None, registry: str, advisories: ExportsServer, tmp_path: Path
) -> None:
    """No cluster is here: what the job's containers are allowed and told, Docker's get."""
    DockerEngine().make_ready(own_image, image_store)
    text = JOB.read_text().replace("registry.example.com/team", f"{registry}/team")
    config, job = yaml.safe_load_all(text)
    for document in (config, job):
        kubernetes_validate.validate(document, "1.30", strict=True)
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    sources = _volumes(pod, config, tmp_path / "volumes")
    environment = {**_mirrors(), "NAUTILOID_OSV_URL": advisories.url}
    for container in (*pod["initContainers"], *pod["containers"]):
        allowed = container["securityContext"]
        assert allowed["readOnlyRootFilesystem"]
        assert not allowed["allowPrivilegeEscalation"]
        assert allowed["capabilities"] == {"drop": ["ALL"]}
        mounts = tuple(
            f"--volume={sources[mount['name']]}:{mount['mountPath']}{':ro' if mount.get('readOnly') else ''}"
            for mount in container["volumeMounts"]
        )
        said = {one["name"]: one["value"] for one in container.get("env", ())}
        done = _docker(*container["args"], options=mounts, environment=environment | said)
        assert done.returncode == 0, f"{container['name']}: {done.stdout}{done.stderr}"
    assert inspect_anything(f"docker://{registry}/team/base:1", image_store).components


def _volumes(pod: dict[str, Any], config: dict[str, Any], place: Path) -> dict[str, Path]:
    """Make a directory for each volume: the ConfigMap's files in one, the rest empty and the user's own."""
    place.mkdir()
    made = {volume["name"]: place / volume["name"] for volume in pod["volumes"]}
    for directory in made.values():
        directory.mkdir()
        os.chown(directory, pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"])
    for name, text in config["data"].items():
        (made["project"] / name).write_text(text)
    (made["registry"] / "config.json").write_text("{}")
    return made
