"""Whole inspections of small images, file by file."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
import zstandard.backend_c

from nautiloid.elf.reader import Elf
from nautiloid.inspection.inventory import Risk
from nautiloid.oci.errors import ImageFormatError
from nautiloid.packages.component import Found

from ..models.corpus import Hostile
from .images import File, image_of, inspect_files, named

SITE = "usr/lib/python3/dist-packages"
LOCAL = "usr/local/lib/python3.11/site-packages"
OS_RELEASE = File("etc/os-release", b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n')
STATUS = b"""Package: libssl3
Status: install ok installed
Source: openssl
Version: 3.0.15-1~deb12u1
Architecture: amd64
Maintainer: Debian OpenSSL Team <team@example.org>

Package: python3-pip
Status: install ok installed
Version: 23.0.1+dfsg-1
Architecture: all
Source: python-pip (23.0.1+dfsg-1)

Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: amd64
"""
ELF = Path(sys.executable).resolve().read_bytes()


def _distribution(site: str, name: str, version: str, *others: str) -> list[File]:
    home = f"{name.replace('-', '_')}-{version}.dist-info"
    record = "".join(f"{path},,\n" for path in (*others, f"{home}/METADATA", f"{home}/RECORD"))
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n\nName: not me\n"
    return [
        File(f"{site}/{home}/METADATA", metadata.encode()),
        File(f"{site}/{home}/RECORD", record.encode()),
        *(File(f"{site}/{path}", b"x" * 10) for path in others),
    ]


def test_debian_packages_with_their_files_sources_and_purls(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [OS_RELEASE, File("var/lib/dpkg/status", STATUS),
         File("var/lib/dpkg/info/libssl3:amd64.list", b"/.\n/usr/lib/libssl.so.3\n/usr/share/doc/libssl3/copyright\n"),
         File("usr/lib/libssl.so.3", b"12345"),
         File("usr/share/doc/libssl3/copyright", b"Files: *\nLicense: Apache-2.0\n")],
    )  # fmt: skip
    assert [component.name for component in found.of_kind("deb")] == ["libssl3", "python3-pip"]
    package = named(found, "libssl3")
    assert package.purl == "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl"
    assert package.licenses == ("Apache-2.0",)
    assert "usr/lib/libssl.so.3" in package.files
    assert (package.source, package.layer, package.confidence) == ("openssl", 0, 1.0)
    assert (found.distribution_id, found.distribution_version) == ("debian", "12")


def test_a_distribution_that_dpkg_owns_is_one_package(tmp_path: Path) -> None:
    metadata = f"{SITE}/pip-23.0.1.dist-info/METADATA"
    found = inspect_files(
        tmp_path,
        [OS_RELEASE, File("var/lib/dpkg/status", STATUS), *_distribution(SITE, "pip", "23.0.1"),
         File("var/lib/dpkg/info/python3-pip.list", f"/.\n/{metadata}\n".encode())],
    )  # fmt: skip
    assert found.of_kind("pypi") == ()
    assert named(found, "python3-pip").also == (f"dist-info (/{metadata})",)


def test_vendored_packages_and_sboms_belong_to_the_distribution_that_carries_them(tmp_path: Path) -> None:
    bill = {"bomFormat": "CycloneDX", "components": [
        {"type": "library", "name": "openssl", "version": "3.0.8", "purl": "pkg:rpm/almalinux/openssl@3.0.8-1.el9",
         "components": [{"type": "library", "name": "inner", "version": "1"}]},
        {"type": "file", "name": "no component", "version": "1"},
        {"type": "library", "name": "big", "version": "2.0", "purl": "pkg:pypi/big@2.0"},
    ]}  # fmt: skip
    found = inspect_files(
        tmp_path,
        [*_distribution(LOCAL, "big", "2.0", "big/_vendor/vendor.txt", "big-2.0.dist-info/sboms/a.json"),
         *_distribution(f"{LOCAL}/big/_vendor", "small", "0.3"),
         File(f"{LOCAL}/big/_vendor/vendor.txt", b"requests==2.31.0  # why\n    urllib3==1.26.17\n"),
         File(f"{LOCAL}/big-2.0.dist-info/sboms/a.json", json.dumps(bill).encode())],
    )  # fmt: skip
    assert [component.name for component in found.packages if component.name == "big"] == ["big"]
    for name, kind, how in (("requests", "pypi", Found.VENDORED), ("urllib3", "pypi", Found.VENDORED),
                            ("openssl", "rpm", Found.SBOM), ("inner", "generic", Found.SBOM)):  # fmt: skip
        component = named(found, name)
        assert (component.kind, component.how, component.within) == (kind, how, "pkg:pypi/big@2.0")
    assert "no component" not in [component.name for component in found.components]


def test_two_environments_with_one_distribution_are_two_packages(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path, [*_distribution(LOCAL, "a", "1.0"), *_distribution("venv/lib/python3.11/site-packages", "a", "1.0")]
    )
    assert len(found.of_kind("pypi")) == 2


def test_native_libraries_in_a_wheel_are_named_by_what_is_in_them(tmp_path: Path) -> None:
    text = b"\0OpenSSL 1.1.1k  25 Mar 2021\0 inflate 1.2.11 Copyright 1995-2017 Mark Adler \0"
    crate = b"/registry/src/index.crates.io-6f17d22bba15001f/pyo3-0.22.2/src/lib.rs"
    program = bytearray(Path(zstandard.backend_c.__file__).read_bytes())
    start, end = Elf(bytes(program)).text_ranges()[0]
    assert end - start > 4096
    program[start + 1024 : start + 1024 + len(text + crate)] = text + crate
    path = "big.libs/libcrypto-1234abcd.so.1.1"
    files = _distribution(LOCAL, "big", "2.0", path)
    found = inspect_files(tmp_path, [*files, File(f"{LOCAL}/{path}", bytes(program), 0o755)])
    openssl = named(found, "openssl")
    assert (openssl.version, openssl.within, openssl.files) == ("1.1.1k", "pkg:pypi/big@2.0", (f"{LOCAL}/{path}",))
    assert "OpenSSL 1.1.1k  25 Mar 2021" in openssl.evidence
    assert named(found, "zlib").version == "1.2.11"
    assert (named(found, "pyo3").kind, named(found, "pyo3").version) == ("cargo", "0.22.2")


def test_what_a_later_layer_hides_is_not_there(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [*_distribution(LOCAL, "old", "1.0"), *_distribution("opt/x/site-packages", "other", "1")],
        [File(f"{LOCAL}/.wh.old-1.0.dist-info"), File("opt/.wh..wh..opq"), *_distribution(LOCAL, "new", "2.0")],
    )
    assert [(c.name, c.layer) for c in found.packages] == [("new", 1)]
    assert found.layers[0].kept == 0 < found.layers[0].size


def test_the_attack_surface(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [File("usr/bin/bash", ELF, 0o755), File("usr/bin/sh", link="bash"), File("usr/bin/su", ELF, 0o4755),
         File("usr/bin/bash2", link="usr/bin/bash", hard=True),
         File("usr/bin/x86_64-linux-gnu-gcc-12", ELF, 0o755), File("usr/bin/pip3.11", b"#!/usr/bin/python3\n", 0o755),
         File("usr/bin/curl", ELF, 0o755), File("usr/bin/text", b"no program", 0o755),
         File("usr/lib/data.py", b"#!/usr/bin/python3\n", 0o644), File("srv/open", b"x", 0o666),
         File("tmp/", mode=0o1777), File("opt/open/", mode=0o777),
         File("usr/bin/ping", ELF, 0o755, xattrs={"security.capability": "x"})],
        user="",
    )  # fmt: skip
    surface = found.surface
    assert [file.path for file in surface.executables] == [
        "usr/bin/bash", "usr/bin/curl", "usr/bin/ping", "usr/bin/pip3.11", "usr/bin/su",
        "usr/bin/x86_64-linux-gnu-gcc-12",
    ]  # fmt: skip
    assert surface.shells == ("usr/bin/bash",)
    assert surface.compilers == ("usr/bin/x86_64-linux-gnu-gcc-12",)
    assert surface.package_managers == ("usr/bin/pip3.11",)
    assert set(surface.network_clients) == {"usr/bin/curl", "usr/bin/ping"}
    assert surface.setuid == ("usr/bin/su",)
    assert surface.capabilities == ("usr/bin/ping",)
    assert surface.world_writable == ("opt/open", "srv/open")
    rules = {finding.rule for finding in found.findings}
    assert {"root-user", "setuid-file", "file-capability", "world-writable", "shell", "compiler"} <= rules


def test_secrets_are_found_and_never_repeated(tmp_path: Path) -> None:
    secret = "ghp_" + "a1" * 18
    found = inspect_files(
        tmp_path,
        [File("root/.netrc", b"machine x login y password hunter2\n"), File("app/.env", f"T={secret}\n".encode()),
         File("app/key.pem", b"-----BEGIN RSA PRIVATE KEY-----\nabc\n"), File("app/settings.json", b'{"a": 1}')],
        env=("API_TOKEN=hunter2hunter2", "PATH=/usr/bin", "TOKENIZERS_PARALLELISM=false"),
    )  # fmt: skip
    assert set(found.surface.secrets) == {"root/.netrc", "app/.env", "app/key.pem"}
    told = " ".join(f"{finding.detail} {finding.where}" for finding in found.findings)
    assert "RSA private key" in told and "API_TOKEN" in told
    assert "hunter2" not in told and secret not in told and "TOKENIZERS" not in told
    assert all(f.severity is Risk.HIGH for f in found.findings if f.rule.startswith("secret"))


def test_a_model_that_runs_code_is_a_grave_finding(tmp_path: Path) -> None:
    import pickle

    found = inspect_files(tmp_path, [File("models/m.pkl", pickle.dumps(Hostile())), File("m.safetensors", b"x" * 20)])
    assert [(model.form, model.verdict) for model in found.surface.models] == [
        ("safetensors", "suspicious"), ("pickle", "runs code"),
    ]  # fmt: skip
    grave = [finding for finding in found.findings if finding.rule == "model-runs-code"]
    assert [(f.severity, f.where) for f in grave] == [(Risk.HIGH, "/models/m.pkl")]


def test_what_cannot_be_read_is_a_value_and_not_an_error(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", b"\0" * (65 << 20))
    found = inspect_files(
        tmp_path,
        [File("a/broken.jar", b"PK\x03\x04 no"), File("a/bomb.jar", bomb.getvalue()),
         File("a/x.so", b"\x7fELF\x02\x01bad"),
         File("var/lib/rpm/Packages", b"\0" * 12 + b"\x61\x15\x06\x00" + b"\0" * 100),
         File("var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0" + b"\xff" * 300),
         File("x/node_modules/y/package.json", b"{"), File(f"{LOCAL}/z-1.dist-info/METADATA", b"no name\n"),
         File(f"{LOCAL}/y-1.dist-info/sboms/s.json", b"[")],
    )  # fmt: skip
    told = {skipped.where: skipped.reason for skipped in found.skipped}
    assert len(told) == 8, told
    assert "Berkeley" in told["/var/lib/rpm/Packages"]
    assert "inflates beyond" in told["/a/bomb.jar"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/../../b", "/../x"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageFormatError, match="outside"):
        inspect_files(tmp_path, [File(name, b"x")])


def test_a_truncated_layer_is_an_error(tmp_path: Path) -> None:
    with image_of(tmp_path, [File("a", b"x" * 100_000)]) as source:
        blob = tmp_path / "layout/blobs/sha256" / source.image.manifest.layers[0].digest.partition(":")[2]
        blob.chmod(0o644)
        blob.write_bytes(blob.read_bytes()[:50_000])
        from nautiloid.errors import NautiloidError
        from nautiloid.inspection.image import inspect_image

        with pytest.raises(NautiloidError):
            inspect_image(source, "test")


def test_the_same_image_gives_the_same_result(tmp_path: Path) -> None:
    from dataclasses import replace

    files = [OS_RELEASE, File("var/lib/dpkg/status", STATUS), *_distribution(LOCAL, "a", "1.0", "a.py")]
    first, second = (inspect_files(tmp_path / name, files) for name in "ab")
    assert replace(first, seconds=0) == replace(second, seconds=0)


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [File("etc/os-release", link="/../../../../etc/os-release"), File("var/lib/dpkg/status", link="/etc/passwd"),
         File("lib", link="/"), File("lib/apk/db/installed", b"P:musl\nV:1.2\n\n"), File("loop", link="loop")],
    )  # fmt: skip
    assert found.distribution == ""
    assert found.of_kind("deb") == ()
    with pytest.raises(ImageFormatError):
        inspect_files(tmp_path / "hard", [File("x", link="../../etc/passwd", hard=True)])
