"""Package records of other worlds, real ones where a tool can make them, and what garbage does to their readers."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautiloid.packages.kind import PackageKind
from nautiloid.packages.kinds.conda import Conda
from nautiloid.packages.kinds.maven import Maven
from nautiloid.packages.kinds.npm import Npm
from nautiloid.packages.kinds.pypi import Pypi
from nautiloid.packages.kinds.rpm import Rpm
from nautiloid.packages.os_release import Distribution
from nautiloid.packages.purl import parse_purl, purl
from nautiloid.packages.unreadable import UnreadableError

DATA = Path(__file__).parents[3] / "data"


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_npm_packages_and_nothing_else_below_them() -> None:
    assert Npm().wants("usr/lib/node_modules/npm/package.json", 10)
    assert Npm().wants("app/node_modules/@scope/name/package.json", 10)
    assert not Npm().wants("app/node_modules/name/test/package.json", 10)
    assert not Npm().wants("app/package.json", 10)
    content = json.dumps({"name": "@babel/core", "version": "7.1.0", "licenses": [{"type": "MIT"}]}).encode()
    (package,) = Npm().read("a/node_modules/@babel/core/package.json", content)
    assert package.purl == "pkg:npm/%40babel/core@7.1.0"
    assert package.licenses == ("MIT",)
    assert Npm().read("a", b'{"type": "module"}') == []


def test_conda_packages() -> None:
    content = {"name": "numpy", "version": "1.26", "build": "py311_0", "files": ["lib/x.py"], "subdir": "linux-64"}
    (package,) = Conda().read("opt/conda/conda-meta/numpy-1.26.json", json.dumps(content).encode())
    assert package.purl == "pkg:conda/numpy@1.26?build=py311_0&subdir=linux-64"
    assert package.files == ("opt/conda/lib/x.py",)


def test_jars_by_maven_manifest_and_name_and_what_is_in_them() -> None:
    pom = b"groupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n"
    log4j = _zip({"META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties": pom})
    fat = _zip({"BOOT-INF/lib/log4j-core-2.14.1.jar": log4j, "META-INF/MANIFEST.MF":
                b"Implementation-Title: app\r\nImplementation-Version: 1.0\r\n"})  # fmt: skip
    app, inner = Maven().read("srv/app.jar", fat)
    assert (app.name, app.version) == ("app", "1.0")
    assert inner.purl == "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
    assert inner.within == app.purl
    assert "app.jar!/BOOT-INF/lib/log4j-core-2.14.1.jar!/META-INF" in inner.evidence
    (plain,) = Maven().read("x/guava-31.1-jre.jar", _zip({"a": b""}))
    assert (plain.name, plain.version) == ("guava", "31.1-jre")


def test_distributions_inside_of_zip_files() -> None:
    content = _zip({"__main__.py": b"", "a-1.0.dist-info/METADATA": b"Name: a\nVersion: 1.0\n"})
    (found,) = Pypi().read("usr/bin/tool.pyz", content)
    assert (found.purl, found.files) == ("pkg:pypi/a@1.0", ("usr/bin/tool.pyz",))
    (egg,) = Pypi().read("x/b-2.egg", _zip({"EGG-INFO/PKG-INFO": b"Name: b\nVersion: 2\n"}))
    assert egg.purl == "pkg:pypi/b@2"


SPEC = """Name: nautiloid-probe
Version: 1.2
Release: 3
Epoch: 2
Summary: A probe
License: Apache-2.0
BuildArch: noarch
%description
A probe.
%install
mkdir -p %{buildroot}/opt/probe
echo x > %{buildroot}/opt/probe/file
%files
/opt/probe/file
"""


def _as_ndb(header: bytes) -> bytes:
    """Lay a header out as rpmpkg.c does; Debian's rpm cannot write this format itself."""
    blob = b"BlbS" + struct.pack("<III", 1, 1, len(header)) + header
    slot = b"Slot" + struct.pack("<III", 1, 256, len(blob) // 16 + 1)
    slots = b"RpmP" + struct.pack("<IIII", 0, 1, 1, 2) + b"\0" * 12 + slot
    return slots.ljust(4096, b"\0") + blob.ljust(4096, b"\0")


@pytest.mark.skipif(shutil.which("rpmbuild") is None, reason="rpmbuild is not installed")
def test_a_database_that_rpm_itself_wrote(tmp_path: Path) -> None:
    (tmp_path / "probe.spec").write_text(SPEC)
    build = ["rpmbuild", "-bb", "--define", f"_topdir {tmp_path}/top", str(tmp_path / "probe.spec")]
    subprocess.run(build, check=True, capture_output=True)
    (package,) = (tmp_path / "top/RPMS").rglob("*.rpm")
    database = ["--define", f"_dbpath {tmp_path}/db", "--define", "_db_backend sqlite", "--nodeps", "--justdb"]
    install = ["rpm", "-i", "--force-debian", "--noscripts", *database, str(package)]
    subprocess.run(install, check=True, capture_output=True)
    content = (tmp_path / "db/rpmdb.sqlite").read_bytes()
    with sqlite3.connect(tmp_path / "db/rpmdb.sqlite") as connection:
        (header,) = connection.execute("SELECT blob FROM Packages").fetchone()
    for form in (content, _as_ndb(header)):
        (found,) = Rpm().read("var/lib/rpm/x", form)
        assert (found.name, found.version, found.licenses) == ("nautiloid-probe", "2:1.2-3", ("Apache-2.0",))
        assert found.files == ("opt/probe/file",)
        address = "pkg:rpm/fedora/nautiloid-probe@1.2-3?arch=noarch&distro=fedora-40&epoch=2&upstream="
        assert Rpm().of_distribution(found, Distribution("Fedora", "fedora", "40")).purl.startswith(address)
        for end in range(0, len(form), max(1, len(form) // 40)):
            _never_more_than_unreadable(Rpm(), "var/lib/rpm/x", form[:end])


def _never_more_than_unreadable(cataloger: PackageKind, path: str, content: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        cataloger.read(path, content)


VALID = {
    "java": (
        Maven(),
        "a.jar",
        _zip({"META-INF/maven/g/a/pom.properties": b"version=1\n", "b-1.jar": _zip({"x": b"y"})}),
    ),
    "zipapp": (Pypi(), "a.whl", _zip({"a-1.dist-info/METADATA": b"Name: a\nVersion: 1\n"})),
    "npm": (Npm(), "node_modules/a/package.json", b'{"name": "a", "version": "1", "license": [1, {}, "x"]}'),
    "conda": (Conda(), "conda-meta/a.json", b'{"name": "a", "version": "1", "files": ["x", 3], "channel": 4}'),
    "rpm": (
        Rpm(),
        "var/lib/rpm/Packages.db",
        b"RpmP" + b"\0" * 8 + b"\x01\0\0\0" + b"\0" * 16 + b"Slot" + b"\x01\0\0\0" * 3,
    ),
}


@pytest.mark.parametrize("name", sorted(VALID))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_unreadable_and_nothing_else(name: str, data: st.DataObject) -> None:
    cataloger, path, valid = VALID[name]
    content = bytearray(valid)
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _never_more_than_unreadable(cataloger, path, bytes(content[: data.draw(st.integers(0, len(content)))]))
    _never_more_than_unreadable(cataloger, path, data.draw(st.binary(max_size=100)))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["deb", "npm", "pypi", "golang"]), st.lists(st.text(max_size=8), min_size=3, max_size=3))
def test_a_purl_is_one_that_can_be_read_or_none(kind: str, parts: list[str]) -> None:
    address = purl(kind, parts[0], parts[1], parts[2], {"arch": parts[0]})
    assert address == "" or parse_purl(address) is not None


def test_a_name_of_nothing_has_no_purl() -> None:
    assert purl("deb", "debian", "", "1") == ""
    assert parse_purl("no purl") is None
