"""The images of the catalog: what is in them, and that the same lock makes the same bytes anywhere."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from nautiloid import places
from nautiloid.inspection.image import inspect_image
from nautiloid.oci.source import open_image

from ..conftest import Built

pytestmark = pytest.mark.network

SITE = "usr/local/lib/python3.11/dist-packages"


def _run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def _contents(built: Built) -> dict[str, bytes | None]:
    """Return every file of the image by path; links as None, large files as None too."""
    files: dict[str, bytes | None] = {}
    with open_image(built.result.reference, built.layout) as source:
        for layer in source.image.manifest.layers:
            with source.open_layer(layer) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
                for member in tar:
                    content = tar.extractfile(member) if member.isreg() and member.size < 1 << 20 else None
                    files[member.name] = content.read() if content else None
    return files


def test_the_pytorch_image_is_as_small_as_promised(built: Callable[[str], Built]) -> None:
    image = built("pytorch")
    with open_image(image.result.reference, image.layout) as source:
        found = inspect_image(source, "image")
    programs = [file.path for file in found.surface.executables]
    assert len(found.of_kind("deb")) <= 20
    assert len(programs) <= 3, programs
    assert found.surface.shells == ()
    assert found.surface.setuid == ()
    assert found.compressed < 200_000_000
    names = {path.rpartition("/")[2] for path in programs}
    assert not names & {"pip", "pip3", "apt", "apt-get", "dpkg", "perl", "bash", "sh"}
    assert sum("/bin/python" in path for path in programs) == 1
    assert len(found.of_kind("pypi")) == len(image.lock.wheels)


def test_records_and_dpkg_lists_speak_of_what_is_there(built: Callable[[str], Built]) -> None:
    files = _contents(built("pytorch"))
    records = [path for path in files if path.endswith(".dist-info/RECORD")]
    assert len(records) > 5
    for record in records:
        for name, digest, _ in csv.reader(io.StringIO((files[record] or b"").decode())):
            path = os.path.normpath(f"{SITE}/{name}")
            assert path in files, f"{record} lists {name}"
            data = files[path]
            if digest and data is not None:
                actual = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert digest == f"sha256={actual}", path
    lists = [path for path in files if path.startswith("var/lib/dpkg/status.d/") and path.endswith(".md5sums")]
    assert len(lists) == 19
    for path in lists:
        for line in (files[path] or b"").decode().splitlines():
            name = line.split("  ", 1)[1]
            assert name in files or name.replace("lib/", "usr/lib/", 1) in files, name


def test_the_ca_bundle_is_the_one_that_debian_makes(built: Callable[[str], Built]) -> None:
    bundle = _contents(built("python"))["etc/ssl/certs/ca-certificates.crt"]
    assert bundle is not None
    assert bundle.count(b"BEGIN CERTIFICATE") > 100
    for certificate in bundle.split(b"-----END CERTIFICATE-----\n")[:-1]:
        assert certificate.startswith(b"-----BEGIN CERTIFICATE-----\n")


def test_the_same_lock_makes_the_same_digest_anywhere(built: Callable[[str], Built], tmp_path: Path) -> None:
    image = built("pytorch")
    elsewhere = tmp_path / "another place"
    elsewhere.mkdir()
    cache = elsewhere / "cache"
    (cache / "store").parent.mkdir(parents=True)
    # The downloads are shared; nothing else is: every layer, every pyc, every stripped library is made again.
    (cache / "store").symlink_to(places.cache_directory() / "store")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(elsewhere),
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "4711",
        "NAUTILOID_CACHE": str(cache),
        "NAUTILOID_IMAGES": str(elsewhere / "images"),
    }
    command = f"umask 077; exec {sys.executable} -m nautiloid build pytorch --offline --locked --lock {image.lock_path}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert image.result.descriptor.digest in done.stdout


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_another_user_makes_the_same_digest(built: Callable[[str], Built], tmp_path: Path) -> None:
    image = built("python")
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "store").symlink_to(places.cache_directory() / "store")
    # In a user namespace the same files are there, but who builds is somebody else, without any privilege.
    somebody = [
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--unshare-user",
        "--uid",
        "12345",
        "--gid",
        "23456",
        "--cap-drop",
        "ALL",
    ]
    somebody += ["--setenv", "NAUTILOID_CACHE", str(cache), "--setenv", "NAUTILOID_IMAGES", str(tmp_path / "images")]
    command = [sys.executable, "-m", "nautiloid", "build", "python", "--offline", "--locked", "--no-test", "--lock"]
    done = _run([*somebody, *command, str(image.lock_path)], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert image.result.descriptor.digest in done.stdout


def test_a_second_build_writes_nothing(built: Callable[[str], Built], tmp_path: Path) -> None:
    image = built("python")
    command = [sys.executable, "-m", "nautiloid", "build", "python", "--no-test", "--lock", str(image.lock_path)]
    done = _run([*command, "--rebuild"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("reused") == len(image.result.layers)
    assert image.result.descriptor.digest in done.stdout
    unchanged = _run(command, cwd=tmp_path)
    assert "Unchanged" in unchanged.stdout
    assert image.result.descriptor.digest in unchanged.stdout


def test_offline_without_a_cache_says_what_is_missing(built: Callable[[str], Built], tmp_path: Path) -> None:
    image = built("python")
    environment = {**os.environ, "NAUTILOID_CACHE": str(tmp_path / "empty")}
    command = [sys.executable, "-m", "nautiloid", "build", "python", "--offline", "--rebuild", "--lock"]
    done = _run([*command, str(image.lock_path)], cwd=tmp_path, env=environment)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "cache" in done.stderr


def test_a_lock_with_a_changed_hash_is_refused(built: Callable[[str], Built], tmp_path: Path) -> None:
    image = built("python")
    deb = image.lock.debs[0]
    text = image.lock.to_json().replace(deb.sha256, "0" * 64)
    (tmp_path / "python.lock").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "nautiloid", "build", "python"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert deb.name in done.stderr
    assert "Traceback" not in done.stderr
