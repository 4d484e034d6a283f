"""What strangers make to blind or to choke a scanner: ours beside syft and trivy, case by case.

    python benchmarks/hostile.py --syft PATH --trivy PATH

Two kinds of cases. In the first, a layer holds a package (``hidden 6.6.6``) behind something odd that Docker unpacks
without a word: a tool sees the package, says that it could not read the image, or misses it in silence. In the second,
a small file wants much time or memory. Each tool has a minute for each; memory is the peak of its process, as the
kernel counts it. A tool that is not there is left out, and said to be.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard
from hostile_layers import (
    METADATA,
    OS_RELEASE,
    PACKAGE,
    Tar,
    entry,
    gnu_sparse,
    jars,
    many_files,
    many_metadata,
    odd_headers,
    plain,
    records_of,
    wheel_bomb,
    zeros,
)

_PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Outcome:
    """What a tool made of a case: in words, seconds, and MB at its peak."""

    verdict: str
    seconds: float
    memory: float

    def __str__(self) -> str:
        return f"{self.verdict} ({self.seconds:.1f} s, {self.memory:.0f} MB)"


def main() -> None:
    """Run every case and print a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--syft", default=shutil.which("syft"))
    options.add_argument("--trivy", default=shutil.which("trivy"))
    options.add_argument("--only", default="", help="cases whose name holds this text")
    given = options.parse_args()
    tools = [name for name in ("nautiloid", "syft", "trivy") if name == "nautiloid" or getattr(given, name)]
    for name in ("syft", "trivy"):
        if name not in tools:
            print(f"{name} is not there and is left out")
    print(f"| case | {' | '.join(tools)} |\n|---|{'---|' * len(tools)}", flush=True)
    for case, make in cases():
        if given.only not in case:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            # In a process of its own: the kernel counts a child's memory from what its parent has.
            making = multiprocessing.get_context("fork").Process(target=make, args=(Path(scratch),))
            making.start()
            making.join()
            image = Path(scratch) / "image.tar"
            row = [
                str(_run(_command(tool, getattr(given, tool, None), image, Path(scratch)), Path(scratch)))
                for tool in tools
            ]
        print(f"| {case} | {' | '.join(row)} |", flush=True)


def cases() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Yield names and what makes the file: an archive as ``docker save`` writes it, or a directory."""
    for name, before, after in odd_headers():
        yield f"hidden behind {name}", _hidden(before, after)
    yield "a sparse file of 8 EB", _image_of(lambda: [gnu_sparse((1 << 63) - 1) + bytes(1024)])
    yield "PAX records of 700 MB, in 700 kB", _compressed(lambda: [records_of(700 << 20)])
    yield "16 GB of zeros, in some MB", _compressed(lambda: zeros(16 << 30))
    yield "a million empty files, in some MB", _compressed(lambda: many_files(1_000_000))
    yield "a directory 20,000 levels deep", _image_of(lambda: [entry("/".join("d" * 20_000), b"x") + bytes(1024)])
    yield "one layer 50,000 times", _image_of(lambda: [plain()], times=50_000)
    yield "a manifest nested 200,000 deep", _deep_manifest
    yield "2,000 METADATA of 1 MB, in zeros", _compressed(many_metadata)
    yield "a wheel of 300 MB of METADATA, in 300 kB", _image_of(lambda: [wheel_bomb() + bytes(1024)])
    yield "a jar in a jar in a jar, 500 each", _image_of(lambda: [jars() + bytes(1024)])
    yield "an rpm database with a zeroblob of 900 MB", _rpm_zeroblob
    deep = entry("a/node_modules/x/package.json", b'{"a":' * 100_000)
    yield "package.json nested 100,000 deep", _image_of(lambda: [deep + bytes(1024)])
    field = b"Package: a\nX: " + b"y" * (60 << 20)
    yield "dpkg status of 60 MB, one field", _compressed(lambda: [entry("var/lib/dpkg/status", field), bytes(1024)])


# -- tools -------------------------------------------------------------------------------------------------------------


def _command(tool: str, program: str | None, image: Path, scratch: Path) -> list[str]:
    out = str(scratch / "out.json")
    if tool == "nautiloid":
        return [sys.executable, "-m", "nautiloid", "inspect", str(image), "--format", "cyclonedx", "-o", out]
    if tool == "syft":
        return [str(program), "-q", f"docker-archive:{image}", "-o", f"cyclonedx-json={out}"]
    return [str(program), "image", "--quiet", "--input", str(image), "--format", "cyclonedx", "--output", out,
            "--cache-dir", str(scratch / "trivy"), "--skip-db-update", "--offline-scan"]  # fmt: skip


def _run(command: list[str], scratch: Path) -> Outcome:
    out = scratch / "out.json"
    out.unlink(missing_ok=True)
    began = time.monotonic()
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(running.pid, signal.SIGKILL))
    signal.alarm(_PATIENCE)
    assert running.stderr is not None
    said = running.stderr.read()
    _, status, usage = os.wait4(running.pid, 0)
    signal.alarm(0)
    running.returncode = os.waitstatus_to_exitcode(status)
    seconds, memory = time.monotonic() - began, usage.ru_maxrss / 1000
    if running.returncode == -signal.SIGKILL:
        verdict = "**no end**" if seconds >= _PATIENCE else "**killed**"
    elif running.returncode != 0:
        verdict = "**traceback**" if "Traceback (most recent" in said or "panic:" in said else "an error"
    else:
        verdict = "seen" if out.is_file() and '"6.6.6"' in out.read_text() else "nothing"
    return Outcome(verdict, seconds, memory)


# -- images ------------------------------------------------------------------------------------------------------------


def _hidden(before: Tar, after: Tar) -> Callable[[Path], Path]:
    layer = entry("etc/os-release", OS_RELEASE) + before + entry(PACKAGE, METADATA) + after + bytes(1024)
    return _image_of(lambda: [layer])


def _image_of(pieces: Callable[[], list[bytes]], times: int = 1) -> Callable[[Path], Path]:
    def make(scratch: Path) -> Path:
        content = b"".join(pieces())
        diff_id = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return _archive(scratch, lambda path: path.write_bytes(content), lambda: [diff_id] * times)

    return make


def _compressed(pieces: Callable[[], Iterator[bytes] | list[bytes]]) -> Callable[[Path], Path]:
    """Return what makes an image whose layer is compressed, as large as it may be."""

    def make(scratch: Path) -> Path:
        hasher = hashlib.sha256()

        def write(path: Path) -> None:
            with path.open("wb") as file, zstandard.ZstdCompressor(level=1).stream_writer(file) as packed:
                for piece in pieces():
                    hasher.update(piece)
                    packed.write(piece)

        return _archive(scratch, write, lambda: [f"sha256:{hasher.hexdigest()}"])

    return make


def _archive(scratch: Path, write: Callable[[Path], object], diff_ids_of: Callable[[], list[str]]) -> Path:
    layer = scratch / "layer"
    write(layer)
    diff_ids = diff_ids_of()
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }).encode()  # fmt: skip
    listed = [{"Config": "config.json", "RepoTags": ["hostile:latest"], "Layers": ["layer.tar"] * len(diff_ids)}]
    image = scratch / "image.tar"
    with tarfile.open(image, "w") as archive:
        archive.add(layer, "layer.tar")
        for name, content in (("config.json", config), ("manifest.json", json.dumps(listed).encode())):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return image


def _deep_manifest(scratch: Path) -> Path:
    image = scratch / "image.tar"
    with tarfile.open(image, "w") as archive:
        content = b"[" * 200_000
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return image


def _rpm_zeroblob(scratch: Path) -> Path:
    database = scratch / "rpmdb.sqlite"
    with sqlite3.connect(database) as made:
        zeros_of = "SELECT {} AS hnum, zeroblob(900000000) AS blob"
        made.execute(f"CREATE VIEW Packages AS {zeros_of.format(1)} UNION ALL {zeros_of.format(2)}")
    return _image_of(lambda: [entry("var/lib/rpm/rpmdb.sqlite", database.read_bytes()) + bytes(1024)])(scratch)


if __name__ == "__main__":
    main()
