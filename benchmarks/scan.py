"""Building the index, and scanning 400 Python packages, beside pip-audit on the same records, in one run.

    python benchmarks/scan.py DIR

DIR is laid out as OSV's bucket is (``PyPI/all.zip``, ``Debian/all.zip`` ...). pip-audit (in the development tools) asks
a server on this machine that answers as OSV's query interface does: with the records that list the version.
Packages with a fixed version that is not PEP 440's are left out, because pip-audit ends at the first of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

COMPONENTS = 400


def main(directory: Path) -> None:
    """Print every figure."""
    by_name = _records(directory / "PyPI/all.zip")
    pins = _pins(by_name)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        database = place / "db"
        exports = sorted(directory.glob("*/all.zip"))
        took, _ = _timed("db", "import", *map(str, exports), "--db", str(database))
        print(f"index of {', '.join(file.parent.name for file in exports)}: {took:.1f} s, "
              f"{database.stat().st_size / 1e6:.1f} MB")  # fmt: skip
        bill = place / "bill.json"
        bill.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
            {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
            for name, version in pins.items()]}))  # fmt: skip
        ours, said = _timed("scan", str(bill), "--db", str(database), "--format", "json")
        findings = json.loads(said)["findings"]
        listed = place / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
        server = _server(by_name)
        url = f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", "-s", "osv", "--osv-url", url, "--no-deps", "--disable-pip",
             "-f", "json", "-r", str(listed), "--progress-spinner", "off"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        theirs = time.perf_counter() - started
        server.shutdown()
        if not done.stdout:
            sys.exit(done.stderr)
    known = {(finding["package"], name) for finding in findings for name in finding["identities"]}
    audited = [(entry["name"], vuln) for entry in json.loads(done.stdout)["dependencies"] for vuln in entry["vulns"]]
    missing = [(name, vuln["id"]) for name, vuln in audited
               if not any((name, one) in known for one in (vuln["id"], *vuln["aliases"]))]  # fmt: skip
    told = {(name, one) for name, vuln in audited for one in (vuln["id"], *vuln["aliases"])}
    beyond = [one for one in findings if not any((one["package"], name) in told for name in one["identities"])]
    print(
        f"{len(pins)} components: nautiloid {ours:.1f} s, {len(findings)} findings (vulnerabilities, by alias groups)"
    )
    print(
        f"{len(pins)} components: pip-audit {theirs:.1f} s, {len(audited)} records: {theirs / ours:.1f} times as long"
    )
    print(f"found by pip-audit alone: {len(missing)} {missing[:5]}")
    print(f"found by nautiloid alone: {len(beyond)} (in a range of a record that does not list the version)")


def _timed(*arguments: str) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "nautiloid", *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - started, done.stdout


def _records(export: Path) -> dict[str, list[dict[str, Any]]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    with zipfile.ZipFile(export) as archive:
        for member in archive.namelist():
            one = json.loads(archive.read(member))
            for name in {
                canonicalize_name(entry["package"]["name"]) for entry in one["affected"] if "package" in entry
            }:
                by_name.setdefault(name, []).append(one)
    return by_name


def _pins(by_name: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Choose the packages with the most records, each in the middle of the versions that those list."""
    pins = {}
    for name in sorted(by_name, key=lambda name: (-len(by_name[name]), name)):
        versions = set()
        for one in by_name[name]:
            for entry in one["affected"]:
                for text in entry.get("versions") or ():
                    try:
                        versions.add((Version(text), text))
                    except InvalidVersion:
                        continue
        if versions and not _crashes_pip_audit(by_name[name]):
            pins[name] = sorted(versions)[len(versions) // 2][1]
        if len(pins) == COMPONENTS:
            break
    return pins


def _crashes_pip_audit(records: list[dict[str, Any]]) -> bool:
    """Tell whether a fixed version is not PEP 440's: pip-audit 2.10 ends with a traceback at the first of them."""
    for one in records:
        for part in (part for entry in one["affected"] for part in entry.get("ranges") or ()):
            for event in part["events"] if part["type"] != "GIT" else ():
                try:
                    Version(event.get("fixed", "0"))
                except InvalidVersion:
                    return True
    return False


def _server(by_name: dict[str, list[dict[str, Any]]]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            version = asked.get("version", "")
            found = [
                one
                for one in by_name.get(canonicalize_name(asked["package"]["name"]), ())
                if any(version in (entry.get("versions") or ()) for entry in one["affected"])
            ]
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
