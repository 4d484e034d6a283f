"""``nautiloid patch`` on a real image that has aged; dpkg inside of it is asked what it thinks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nautiloid.debian.mirrors import read_apt_sources
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import DOCKER_LAYER_GZIP, DOCKER_MANIFEST, Descriptor
from nautiloid.vulns.database.files import import_file

from ..unit.vulns.exports_server import record
from .test_registry import _serve

pytestmark = [
    pytest.mark.network,
    pytest.mark.engine,
    pytest.mark.skipif(not read_apt_sources(), reason="apt has no sources here"),
]
DEFINITION = """\
name: aged
summary: an image with old packages and a whole dpkg database
debian:
  pockets: release
  database: dpkg
  packages: [base-files, dpkg, coreutils, libexpat1, openssl, ca-certificates]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with somebody's image, and advisories about expat, OpenSSL and ca-certificates."""
    place = tmp_path_factory.mktemp("patch")
    (place / "nautiloid.yaml").write_text(DEFINITION)
    _run(place, "build", ".", "--no-test", "--tag", "aged:1")
    store = Layout(place / "images")
    image = store.resolve("aged:1")
    # Somebody else's: it says nothing of a lock.
    theirs = store.write_blob([replace(image.manifest, annotations={}).to_json()])
    entry = Descriptor(image.manifest.media_type, theirs.digest, theirs.size, {}, image.config.platform)
    store.adopt_image(entry, "theirs:1")
    for number, (name, fixed) in enumerate(
        (("expat", "2.5.0-1+deb12u3"), ("openssl", "3.0.22"), ("ca-certificates", "20250419~deb12u1"))
    ):
        advisory = record(f"DEBIAN-CVE-2026-{number}", name, fixed=fixed, ecosystem="Debian:12")
        (place / "one.json").write_text(json.dumps(advisory))
        import_file(place / "advisories.db", place / "one.json", f"advisory-{number}")
    return place


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    yield from _serve(tmp_path / "registry")


def _run(place: Path, *arguments: str, code: int = 0) -> str:
    environment = {
        **os.environ, "NAUTILOID_IMAGES": str(place / "images"), "NAUTILOID_DB": str(place / "advisories.db")
    }  # fmt: skip
    command = [sys.executable, "-m", "nautiloid", *arguments]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_what_can_be_fixed_is_and_the_rest_is_named(place: Path) -> None:
    told = json.loads(_run(place, "patch", "theirs:1", "--format", "json"))
    names = {one["name"] for one in told["patched"]}
    assert {"libexpat1", "libssl3", "openssl"} <= names
    ((name, reasons),) = [(one["name"], one["reasons"]) for one in told["refused"]]
    assert name == "ca-certificates"
    assert "its postinst" in reasons[0]
    assert (told["before"]["name"], told["after"]["name"]) == ("theirs:1", "theirs:1-patched")
    again = json.loads(_run(place, "patch", "theirs:1", "--tag", "again:1", "--format", "json"))
    assert again["image"].partition("@")[2] == told["image"].partition("@")[2], "the same patch, the same image"
    allowed = json.loads(
        _run(place, "patch", "theirs:1", "--tag", "all:1", "--allow", "ca-certificates", "--format", "json")
    )
    assert allowed["refused"] == []
    assert allowed["after"]["severities"] == [
        {**one, "fixable": 0} for one in allowed["after"]["severities"]
    ]  # fmt: skip
    scanned = json.loads(_run(place, "scan", "all:1", "--format", "json"))
    assert scanned["summary"]["vulnerabilities"] == 0


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_dpkg_inside_finds_nothing_wrong(place: Path) -> None:
    _run(place, "patch", "theirs:1", "--tag", "checked:1")

    def dpkg(*arguments: str) -> str:
        return _run(place, "run", "--engine", "bubblewrap", "--entrypoint", "/usr/bin/dpkg", "checked:1", *arguments)

    assert dpkg("--audit") == ""
    assert dpkg("--verify", "libexpat1", "libssl3", "openssl") == ""
    assert "3.0.2" in dpkg("--list", "libssl3")
    said = _run(place, "run", "--engine", "bubblewrap", "--entrypoint", "/usr/bin/openssl", "checked:1", "version")
    assert said.startswith("OpenSSL 3.0.2")


@pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("skopeo", "docker-registry")), reason="needs skopeo and docker-registry"
)
def test_an_image_in_dockers_own_format_is_patched_straight_from_a_registry_and_runs_in_docker(
    place: Path, registry: str, docker_daemon: None
) -> None:
    here = f"{registry}/theirs:1"
    command = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--format", "v2s2"]
    subprocess.run([*command, f"oci:{place / 'images'}:theirs:1", f"docker://{here}"], check=True, capture_output=True)
    _run(place, "patch", f"docker://{here}", "--tag", "from-registry:1")
    store = Layout(place / "images")
    image = store.resolve("from-registry:1")
    assert image.manifest.media_type == DOCKER_MANIFEST
    assert {layer.media_type for layer in image.manifest.layers} == {DOCKER_LAYER_GZIP}
    assert all(store.has(layer.digest) for layer in image.manifest.layers)
    said = _run(place, "run", "--engine", "docker", "--entrypoint", "/usr/bin/openssl", "from-registry:1", "version")
    assert said.startswith("OpenSSL 3.0.")


def test_nothing_is_written_on_a_dry_run_and_our_own_images_are_made_anew(place: Path) -> None:
    before = (place / "images/index.json").read_bytes()
    assert "nothing was written" in _run(place, "patch", "theirs:1", "--tag", "dry:1", "--dry-run")
    assert (place / "images/index.json").read_bytes() == before
    assert "was built from a lock" in _run(place, "patch", "aged:1", code=2)
    assert "Name it with --tag" in _run(place, "patch", "./images", code=2)
