"""The same packages against the same records, by us and by independent matchers.

Data: ``NAUTILOID_ADVISORIES`` names a directory that is laid out as OSV's bucket is (``PyPI/all.zip`` ...). Without it
these tests skip.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from nautiloid.vulns.database.files import import_file
from nautiloid.vulns.database.reader import open_database
from nautiloid.vulns.model import ScannedComponent, Subject
from nautiloid.vulns.scan import scan

ADVISORIES = Path(os.environ.get("NAUTILOID_ADVISORIES", "/nonexistent"))
pytestmark = pytest.mark.skipif(
    not (ADVISORIES / "PyPI/all.zip").is_file(), reason="NAUTILOID_ADVISORIES names no directory with PyPI/all.zip"
)

REQUIREMENTS = {
    "torch": "2.3.0", "tensorflow": "2.11.0", "pillow": "9.5.0", "numpy": "1.21.0", "requests": "2.30.0",
    "urllib3": "1.26.5", "transformers": "4.30.0", "setuptools": "65.0.0", "jinja2": "3.1.2", "aiohttp": "3.8.4",
    "django": "3.2.1", "cryptography": "41.0.0", "gradio": "4.10.0", "mlflow": "2.5.0", "ray": "2.8.0",
}  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("advisories") / "db"
    for ecosystem in ("PyPI", "Debian"):
        if (ADVISORIES / ecosystem / "all.zip").is_file():
            import_file(path, ADVISORIES / ecosystem / "all.zip")
    return path


@pytest.fixture(scope="module")
def osv_api() -> Iterator[str]:
    """OSV's query interface: it answers with every record about a package, and leaves matching to who asks."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    with zipfile.ZipFile(ADVISORIES / "PyPI/all.zip") as archive:
        for member in archive.namelist():
            one = json.loads(archive.read(member))
            for name in {
                canonicalize_name(entry["package"]["name"]) for entry in one["affected"] if "package" in entry
            }:
                by_name.setdefault(name, []).append(one)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name, version = canonicalize_name(asked["package"]["name"]), asked.get("version", "")
            # The real service filters by the listed versions, and so does this one.
            vulns = [
                one
                for one in by_name.get(name, ())
                if any(version in entry.get("versions", ()) for entry in one["affected"])
            ]
            body = json.dumps({"vulns": vulns} if vulns else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    server.shutdown()
    server.server_close()


def test_pip_audit_finds_nothing_that_we_do_not(database: Path, osv_api: str, tmp_path: Path) -> None:
    pytest.importorskip("pip_audit")
    listed = tmp_path / "requirements.txt"
    listed.write_text("".join(f"{name}=={version}\n" for name, version in REQUIREMENTS.items()))
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "-s", "osv", "--osv-url", osv_api, "--no-deps", "--disable-pip",
         "-f", "json", "-r", str(listed), "--progress-spinner", "off"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    theirs = {
        (entry["name"], vuln["id"], tuple(sorted(vuln["aliases"])))
        for entry in json.loads(done.stdout)["dependencies"]
        for vuln in entry["vulns"]
    }
    assert len(theirs) > 100
    parts = tuple(
        ScannedComponent(name, version, f"pkg:pypi/{name}@{version}") for name, version in REQUIREMENTS.items()
    )
    with open_database(database) as opened:
        result = scan(Subject("requirements", parts), opened)
    ours = {(finding.package, identity) for finding in result.findings for identity in finding.identities}
    missing = {(name, identity) for name, identity, aliases in theirs
               if not any((name, one) in ours for one in (identity, *aliases))}  # fmt: skip
    assert missing == set()
    # What we find beyond that is in a range of a record, though the record does not list the version.
    known = {(name, one) for name, identity, aliases in theirs for one in (identity, *aliases)}
    for finding in result.findings:
        if not any((finding.package, one) in known for one in finding.identities):
            assert finding.fixed or finding.state in ("unfixed", "unknown", "uncertain")


def test_dpkg_agrees_with_every_finding_and_every_silence(database: Path) -> None:
    """Fixed versions of real records, compared with a version just below each by dpkg itself."""
    checked = 0
    with zipfile.ZipFile(ADVISORIES / "Debian/all.zip") as archive, open_database(database) as opened:
        for member in archive.namelist()[::60]:
            one = json.loads(archive.read(member))
            for entry in one["affected"]:
                fixed = entry["ranges"][0]["events"][-1].get("fixed")
                name = entry["package"]["name"]
                for version in (f"{fixed}~", fixed, f"{fixed}+b1"):
                    part = ScannedComponent(name, version, f"pkg:deb/debian/{name}?distro=debian-12", "", name, version)
                    found = {i for f in scan(Subject("x", (part,)), opened).findings for i in f.identities}
                    older = (
                        subprocess.run(["dpkg", "--compare-versions", version, "lt", fixed], check=False).returncode
                        == 0
                    )
                    assert (one["id"] in found) is older, (one["id"], version, fixed)
                    checked += 1
    assert checked > 50
    assert re.fullmatch(r"DEBIAN-CVE-.*", one["id"])
