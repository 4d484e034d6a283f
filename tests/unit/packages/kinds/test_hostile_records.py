"""Records made to exhaust whoever reads them: each ends soon, in little memory, and says what was not read."""

from __future__ import annotations

import io
import resource
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from nautiloid import bounds
from nautiloid.packages.kinds import BY_PURL_TYPE
from nautiloid.packages.unreadable import PartlyUnreadError

MEMORY = 700 << 20
READ = """
import sys
from pathlib import Path
from nautiloid.packages.kinds import BY_PURL_TYPE
from nautiloid.packages.unreadable import UnreadableError
kind, path = sys.argv[1:]
try:
    print(len(BY_PURL_TYPE[kind].read(path.lstrip("/"), Path(path).read_bytes())))
except UnreadableError as error:
    print(error)
"""


def _said(kind: str, path: Path) -> str:
    """Let another process read a record with no more memory than we promise to take."""
    done = subprocess.run(
        [sys.executable, "-c", READ, kind, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(900000000) AS blob",
        "CREATE TABLE Packages (hnum INTEGER, blob BLOB GENERATED ALWAYS AS (zeroblob(900000000)) VIRTUAL)",
        "CREATE TABLE Packages (hnum INTEGER, blob BLOB AS (zeroblob(900000000)))",
    ],
)
def test_packages_that_sqlite_would_compute_are_not_read(tmp_path: Path, schema: str) -> None:
    database = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(database) as made:
        made.execute(schema)
        if "TABLE" in schema:
            made.execute("INSERT INTO Packages (hnum) VALUES (1)")
    made.close()
    assert "not in a table" in _said("rpm", database)


def test_a_package_larger_than_any_is_said(tmp_path: Path) -> None:
    database = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(database) as made:
        made.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        made.execute("INSERT INTO Packages (blob) VALUES (zeroblob(?))", (bounds.RPM_HEADER + 1,))
    made.close()
    assert "cannot read" in _said("rpm", database)


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_many_records_that_inflate_in_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "ARCHIVE_MEMBERS_READ", 1 << 20)
    record = b"Name: n%d\nVersion: 1\nX: " + b" " * (1 << 18)
    wheel = _zip({f"n{number}.dist-info/METADATA": record % number for number in range(20)})
    with pytest.raises(PartlyUnreadError, match="beyond all bounds") as caught:
        BY_PURL_TYPE["pypi"].read("a.whl", wheel)
    assert [one.name for one in caught.value.components] == ["n0", "n1", "n2"]


def test_jars_in_a_jar_are_inflated_one_after_the_other(tmp_path: Path) -> None:
    inner = _zip({"META-INF/MANIFEST.MF": b"", "zeros.jar": bytes(40 << 20)})
    jar = tmp_path / "a.jar"
    jar.write_bytes(_zip({f"inner{number}.jar": inner for number in range(12)}))
    assert "not all of it could be read" in _said("maven", jar)


@pytest.mark.parametrize("text", [b"[" + b"[]," * 5_000_000, b'{"a":' * 100_000])
def test_json_that_costs_a_multiple_of_its_bytes(tmp_path: Path, text: bytes) -> None:
    record = tmp_path / "package.json"
    record.write_bytes(text)
    assert "package.json" in _said("npm", record)


def test_a_list_of_vendored_modules_that_is_all_blank_lines() -> None:
    began = time.thread_time()
    assert not list(BY_PURL_TYPE["pypi"].bundled({"x/_vendor/vendor.txt": b"\n" * 2_000_000}))
    assert time.thread_time() - began < 5
