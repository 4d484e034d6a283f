"""Records that are reached through links, or in a state that nobody expected: read, or said to be unread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from nautiloid.images.inspecting import inspect_anything
from nautiloid.oci.layout import Layout

from .images import File, inspect_files

OS_RELEASE = File("etc/os-release", b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n')
STATUS = b"Package: openssl\nStatus: install ok installed\nVersion: 3.0.1-1\nArchitecture: amd64\n"
METADATA = b"Metadata-Version: 2.1\nName: hidden\nVersion: 1.0\n\n"
SITE = "usr/lib/python3/dist-packages"


@pytest.mark.parametrize(
    "layers",
    [
        [[File("opt/db", STATUS), File("var/lib/dpkg/status", link="/opt/db")]],
        [[File("opt/db", STATUS), File("var/lib/dpkg/status", link="../../../opt/db")]],
        [[File("opt/db", STATUS), File("var/lib/dpkg/status", link="opt/db", hard=True)]],
        [[File("opt/dpkg/status", STATUS), File("var/lib/dpkg", link="/opt/dpkg")]],
        [[File("usr/v/lib/dpkg/status", STATUS)], [File("var", link="usr/v")]],
        [[File("opt/one", STATUS), File("var/lib/dpkg/status.d", link="/opt/d"), File("opt/d/openssl", STATUS)]],
        [[File("opt/old", b"x"), File("var/lib/dpkg/status", link="/opt/db")],
         [File("opt/db", STATUS)], [File("opt/.wh.old")]],
        [[File("opt/a", link="b"), File("opt/b", STATUS)], [File("var/lib/dpkg/status", link="/opt/a")]],
    ],
    ids=["absolute", "relative", "hard", "directory", "above", "status.d", "across layers", "chain"],
)  # fmt: skip
def test_a_dpkg_database_behind_links_is_read(tmp_path: Path, layers: Sequence[Sequence[File]]) -> None:
    found = inspect_files(tmp_path, [OS_RELEASE], *layers)
    assert [(one.name, one.version) for one in found.of_kind("deb")] == [("openssl", "3.0.1-1")]
    assert found.skipped == ()


@pytest.mark.parametrize(
    "files",
    [
        [File("var/lib/dpkg/status", link="/nowhere")],
        [File("var/lib/dpkg/status", link="status")],
        [File("opt/db", STATUS), File("var/lib/dpkg/status", link="/opt")],
        [File(f"{SITE}/x-1.dist-info/METADATA", link="/nowhere"), File("var/lib/dpkg/status", STATUS)],
    ],
    ids=["dangling", "circle", "directory", "metadata"],
)
def test_a_record_that_leads_nowhere_is_said_to_be_unread(tmp_path: Path, files: list[File]) -> None:
    found = inspect_files(tmp_path, [OS_RELEASE, *files])
    record = next(file.path for file in files if file.link)
    assert f"/{record}" in {one.where for one in found.skipped}


def test_a_target_that_a_later_layer_deletes_is_unread(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path, [File("opt/db", STATUS), File("var/lib/dpkg/status", link="/opt/db")], [File("opt/.wh.db")]
    )
    assert [one.where for one in found.skipped] == ["/var/lib/dpkg/status"]


@pytest.mark.parametrize("hard", [False, True])
def test_metadata_and_path_files_behind_links_are_read(tmp_path: Path, hard: bool) -> None:
    to = (lambda path: path) if hard else (lambda path: f"/{path}")
    found = inspect_files(
        tmp_path,
        [File("opt/m", METADATA), File(f"{SITE}/hidden-1.0.dist-info/METADATA", link=to("opt/m"), hard=hard),
         File("opt/p", b"import os\n"), File(f"{SITE}/x.pth", link=to("opt/p"), hard=hard)],
    )  # fmt: skip
    assert [one.name for one in found.packages] == ["hidden"]
    assert [one.where for one in found.findings if one.rule == "python-startup-hook"] == [f"/{SITE}/x.pth"]


def test_links_of_a_plain_directory_are_followed_too(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "opt").mkdir()
    (root / "opt/db").write_bytes(STATUS)
    (root / "var/lib/dpkg/status").symlink_to("/opt/db")
    found = inspect_anything(str(root), Layout(tmp_path / "none"))
    assert [one.name for one in found.of_kind("deb")] == ["openssl"]


@pytest.mark.parametrize(
    ("state", "there"),
    [("install ok installed", True), ("install ok triggers-pending", True), ("install ok triggers-awaited", True),
     ("install ok half-configured", True), ("install ok unpacked", True), ("install reinstreq half-installed", True),
     ("hold ok installed", True), ("deinstall ok config-files", False), ("purge ok not-installed", False),
     ("install ok what-is-this", True), ("", True)],
)  # fmt: skip
def test_every_state_of_dpkg_that_has_files_counts(tmp_path: Path, state: str, there: bool) -> None:
    status = STATUS.replace(b"install ok installed", state.encode())
    assert bool(inspect_files(tmp_path, [File("var/lib/dpkg/status", status)]).of_kind("deb")) == there


def test_names_of_fields_have_no_case_and_a_paragraph_without_a_name_is_said(tmp_path: Path) -> None:
    status = b"package: openssl\nSTATUS: install ok installed\nversion: 3\n\nStatus: install ok installed\nVersion: 2\n"
    found = inspect_files(tmp_path, [File("var/lib/dpkg/status", status)])
    assert [(one.name, one.version) for one in found.of_kind("deb")] == [("openssl", "3")]
    assert [one.where for one in found.skipped] == ["/var/lib/dpkg/status"]


def test_a_distribution_without_packages_is_recorded(tmp_path: Path) -> None:
    (skipped,) = inspect_files(tmp_path, [OS_RELEASE, File("app", b"x")]).skipped
    assert (skipped.where, "Debian 12" in skipped.reason) == ("/etc/os-release", True)
    assert inspect_files(tmp_path / "other", [File("app", b"x")]).skipped == ()


def test_metadata_with_a_very_long_header_is_read(tmp_path: Path) -> None:
    content = b"Metadata-Version: 2.1\nLicense: " + b"x" * (300 << 10) + b"\nName: late\nVersion: 2\n\n"
    found = inspect_files(tmp_path, [File(f"{SITE}/late-2.dist-info/METADATA", content)])
    assert [(one.name, one.version) for one in found.packages] == [("late", "2")]
