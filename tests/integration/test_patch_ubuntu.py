"""``nautiloid patch`` on an Ubuntu image: real packages of the release, patched from the real archive."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from nautiloid.debian.archive import Pocket, load_index
from nautiloid.debian.release import Keyring
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, Descriptor, ImageConfig, Platform
from nautiloid.progress import SILENT
from nautiloid.vulns.database.files import import_file

from ..unit.vulns.exports_server import record

MIRROR, KEYRING = os.environ.get("NAUTILOID_UBUNTU_MIRROR"), os.environ.get("NAUTILOID_UBUNTU_KEYRING")
pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not (MIRROR and KEYRING), reason="NAUTILOID_UBUNTU_MIRROR and _KEYRING name no archive"),
    pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed"),
]
OS_RELEASE = 'ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04 LTS"\n'


def test_an_ubuntu_package_moves_to_its_fixed_version(tmp_path: Path) -> None:
    assert MIRROR is not None
    assert KEYRING is not None
    with Fetcher(Store(tmp_path / "store"), SILENT) as fetcher:
        pocket = Pocket("ubuntu", "jammy")
        index, _ = load_index(
            "jammy", fetcher=fetcher, mirrors={"ubuntu": [MIRROR]}, keyring=Keyring.read(Path(KEYRING)),
            made_of=[pocket],
        )  # fmt: skip
        old = index.best("libexpat1")
        assert old is not None
        package = fetcher.fetch(old.filename, mirrors=[MIRROR], sha256=old.sha256, size=old.size)
    root = tmp_path / "root"
    for directory in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
        (root / directory).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    (root / "etc/os-release").write_text(OS_RELEASE)
    options = ["--force-not-root", "--force-script-chrootless", "--force-depends", "--force-architecture"]
    subprocess.run(["dpkg", f"--root={root}", *options, "-i", package], check=True, capture_output=True)
    with tarfile.open(tmp_path / "root.tar", "w") as tar:
        tar.add(root, ".")
    content = (tmp_path / "root.tar").read_bytes()
    store = Layout(tmp_path / "images")
    blob = store.write_blob([gzip.compress(content)])
    config = ImageConfig(Platform("linux", "amd64"), diff_ids=(digest_of(content),))
    store.add_image(config, [Descriptor(LAYER_GZIP, blob.digest, blob.size)], "ubuntu:1")
    advisory = record("UBUNTU-CVE-2026-1", "expat", fixed="2.4.7-1ubuntu0.1", ecosystem="Ubuntu:22.04:LTS")
    (tmp_path / "one.json").write_text(json.dumps(advisory))
    import_file(tmp_path / "db", tmp_path / "one.json", "Ubuntu")
    environment = {**os.environ, "NAUTILOID_IMAGES": str(store.directory), "NAUTILOID_DB": str(tmp_path / "db")}
    command = [sys.executable, "-m", "nautiloid", "patch", "ubuntu:1", "--format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    ((name, before, after),) = [(one["name"], one["before"], one["after"]) for one in told["patched"]]
    assert (name, before) == ("libexpat1", old.version)
    assert after.startswith("2.4.7-1ubuntu0.")
    assert told["refused"] == []
    assert [sum(one["fixable"] for one in told[when]["severities"]) for when in ("before", "after")] == [1, 0]
