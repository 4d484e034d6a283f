"""Scanning an image's Debian packages beside debsecan, on the same records, in one run.

    python benchmarks/scan_debian.py DIR IMAGE

DIR is laid out as OSV's bucket is (``Debian/all.zip``), IMAGE is a Debian image in the local store or wherever
``nautiloid inspect`` finds it. debsecan (Debian's package of that name) reads the same records, turned into its own
format; both read the image's ``/var/lib/dpkg/status``. The time of the whole image, all its layers read, is given too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from nautiloid.images.inspecting import open_anywhere
from nautiloid.oci.layout import Layout
from nautiloid.patching.contents import read_contents
from nautiloid.places import images_directory

SUITES = {"11": "bullseye", "12": "bookworm", "13": "trixie"}


def main(directory: Path, image: str) -> None:
    """Print every figure."""
    if shutil.which("debsecan") is None:
        sys.exit("debsecan is not installed: apt-get install debsecan")
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        database, root = place / "db", place / "root"
        with open_anywhere(image, Layout(images_directory())) as source:
            texts = read_contents(source).texts
        for path in ("var/lib/dpkg/status", "usr/lib/os-release", "etc/os-release"):
            if path in texts:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(texts[path])
        named = b"\n".join(texts.get(path, b"") for path in ("usr/lib/os-release", "etc/os-release")).decode()
        lines = (line.partition("=") for line in named.splitlines())
        release = next(value.strip('"') for name, _, value in lines if name == "VERSION_ID")
        _timed("db", "import", str(directory / "Debian/all.zip"), "--db", str(database))
        whole, _ = _timed("scan", image, "--db", str(database), "--format", "json")
        ours, said = _timed("scan", f"dir:{root}", "--db", str(database), "--format", "json")
        _write_debsecan(directory / "Debian/all.zip", release, place / "release")
        started = time.perf_counter()
        done = subprocess.run(
            ["debsecan", "--source", f"file://{place}/release/", "--suite", SUITES[release], "--format", "simple",
             "--status", str(root / "var/lib/dpkg/status")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        theirs = time.perf_counter() - started
    found = {(finding["id"], part["name"]) for finding in json.loads(said)["findings"] for part in finding["parts"]}
    told = {(line.split()[0], line.split()[1]) for line in done.stdout.splitlines() if line.strip()}
    print(f"packages of the status file: nautiloid {ours:.1f} s, debsecan {theirs:.1f} s ({theirs / ours:.1f} times)")
    print(f"pairs of vulnerability and package: nautiloid {len(found):,}, debsecan {len(told):,}, "
          f"both {len(found & told):,}")  # fmt: skip
    for title, only in (("only nautiloid", found - told), ("only debsecan", told - found)):
        print(f"{title}: {len(only)}", *(f"  {name} {package}" for name, package in sorted(only)[:20]), sep="\n")
    print(f"the whole image, its layers read: {whole:.1f} s")


def _write_debsecan(archive: Path, release: str, directory: Path) -> None:
    """Write the records in debsecan's format (its source: ``fetch_data`` and ``Vulnerability``)."""
    names: list[str] = []
    lines: list[str] = []
    for name, package, fixed in _fixes(archive, f"Debian:{release}"):
        lines.append(f"{package},{len(names)},S  {'F' if fixed else ' '},{fixed},")
        names.append(f"{name},,")
    text = "\n".join(["VERSION 1", *names, "", *lines, "", ""])
    directory.mkdir()
    (directory / SUITES[release]).write_bytes(zlib.compress(text.encode()))


def _fixes(archive: Path, ecosystem: str) -> Iterator[tuple[str, str, str]]:
    """Yield vulnerability, source package and first fixed version of every range from the beginning."""
    with zipfile.ZipFile(archive) as records:
        for file in records.namelist():
            record = json.loads(records.read(file))
            if record.get("withdrawn"):
                continue
            names = [one for one in (*record.get("upstream", ()), *record.get("aliases", ())) if one.startswith("CVE-")]
            for affected in record.get("affected", ()):
                if affected.get("package", {}).get("ecosystem") != ecosystem:
                    continue
                events = [event for one in affected.get("ranges", ()) for event in one["events"]]
                fixed = next((event["fixed"] for event in events if "fixed" in event), "")
                for name in names or [record["id"]]:
                    yield name, affected["package"]["name"], fixed


def _timed(*arguments: str) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "nautiloid", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - started, done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
