"""The control image: everything that the hardened one has not, and what the comparison of the two says."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from nautiloid.images.inspecting import inspect_anything
from nautiloid.inspection.comparison import compare
from nautiloid.inspection.image import inspect_image
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.run.docker import DockerEngine

from ..conftest import Built

pytestmark = pytest.mark.network


def _inspect(image: Built) -> Inspection:
    with open_image(image.result.reference, image.layout) as source:
        return inspect_image(source, image.result.reference)


def test_hardened_against_control(built: Callable[[str], Built]) -> None:
    control, hardened = built("control-pytorch"), built("pytorch")
    usual = _inspect(control)
    surface = usual.surface
    names = {path.rpartition("/")[2] for path in (*surface.shells, *surface.package_managers, *surface.network_clients)}
    assert {"bash", "dash", "apt-get", "dpkg", "pip", "curl", "wget", "git", "ssh"} <= names
    assert any("gcc-12" in path for path in surface.compilers)
    assert {"usr/bin/passwd", "usr/bin/su"} <= set(surface.setuid)
    assert "root-user" in {finding.rule for finding in usual.findings}
    assert usual.skipped == ()
    # Nothing but the release as it came out: no security suite, no updates.
    assert {release.suite for release in control.lock.releases} <= {"stable", "oldstable", "bookworm", "oldoldstable"}
    assert len(control.lock.releases) == 1
    wheels = {(wheel.name, wheel.version) for wheel in hardened.lock.wheels}
    assert wheels <= {(wheel.name, wheel.version) for wheel in control.lock.wheels}

    found = compare([usual, _inspect(hardened)])
    executables, packages = found.measure("executables").change(1), found.measure("debian-packages").change(1)
    assert executables is not None and executables <= -90
    assert packages is not None and packages <= -85
    assert found.changes[0].executables_added == ()


@pytest.mark.skipif(shutil.which("docker") is None, reason="Docker is not installed")
@pytest.mark.engine
def test_an_image_is_read_from_a_real_docker_engine(built: Callable[[str], Built], docker_daemon: None) -> None:
    image = built("python")
    reference = "nautiloid/python-from-docker:latest"
    with open_image(image.result.reference, image.layout) as source:
        DockerEngine("docker").load(source, reference)
    found = inspect_anything(f"docker-daemon:{reference}", Layout(image.layout.directory))
    ours = _inspect(image)
    assert found.components == ours.components
    assert found.surface == ours.surface
    subprocess.run(["docker", "rmi", reference], check=True, capture_output=True)
