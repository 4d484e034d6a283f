"""Images of other distributions: Alpine, and one with rpm packages, made by hand."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from .images import File, inspect_files, named

APK = b"""P:musl
V:1.2.4-r2
A:x86_64
L:MIT
o:musl
m:Somebody <s@example.org>
F:lib
R:ld-musl-x86_64.so.1

P:ssl_client
V:1.36.1-r5
o:busybox
"""


def test_alpine(tmp_path: Path) -> None:
    found = inspect_files(
        tmp_path,
        [File("etc/os-release", b'ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n'),
         File("lib/apk/db/installed", APK), File("lib/ld-musl-x86_64.so.1", b"x" * 7)],
    )  # fmt: skip
    musl, client = named(found, "musl"), named(found, "ssl_client")
    assert musl.purl == "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1"
    assert musl.files[-1] == "lib/ld-musl-x86_64.so.1"
    assert musl.licenses == ("MIT",)
    assert (client.source, client.purl.rpartition("&")[2]) == ("busybox", "upstream=busybox")
    assert len(found.packages) == 2


def _header(**tags: str) -> bytes:
    """Lay tags out as an rpm header: an index of (tag, type, offset, count), then the texts."""
    numbers = {"name": 1000, "version": 1001, "release": 1002, "arch": 1022}
    index, data = b"", b""
    for name, text in tags.items():
        index += struct.pack(">iIiI", numbers[name], 6, len(data), 1)
        data += text.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


def test_rpm_packages_belong_to_their_distribution(tmp_path: Path) -> None:
    database = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        for name in ("bash", "gpg-pubkey"):
            header = _header(name=name, version="5.2", release="1.el9", arch="x86_64")
            connection.execute("INSERT INTO Packages (blob) VALUES (?)", (header,))
    connection.close()
    found = inspect_files(
        tmp_path / "image",
        [File("etc/os-release", b'ID="almalinux"\nVERSION_ID="9.4"\n'),
         File("var/lib/rpm/rpmdb.sqlite", database.read_bytes())],
    )  # fmt: skip
    (bash,) = found.packages
    assert bash.purl == "pkg:rpm/almalinux/bash@5.2-1.el9?arch=x86_64&distro=almalinux-9.4"
