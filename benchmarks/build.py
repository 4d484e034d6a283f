"""How long the pytorch image takes to build: ours beside ``docker build`` of an equivalent Dockerfile, in one run.

    python benchmarks/build.py        # as root; needs docker.io and mmdebstrap

Both start with every wheel at hand (ours in its cache, Docker's on a local server) and use the same mirrors. The
Dockerfile is what people write: a Debian base, ``apt-get install python3 python3-pip``, ``pip install``, a script.
Docker builds with its classic builder, which every release of it has; what it must do for an image that can be shipped
is base + build + save + gzip, since no base image is at hand; its later builds are counted without base, save and gzip.
Four situations: *cold* (no layer known), *nothing changed*, *one .deb changed*, *one script changed*. Bytes: compressed
layers that a registry does not have yet. Times are wall clock; memory is the peak of our largest process.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DOCKERFILE = """\
FROM benchmark-base
COPY apt/ /etc/apt/
ARG CHANGED=no
RUN apt-get -qq update && \\
    apt-get -qq install -y --no-install-recommends python3 python3-pip ca-certificates >/dev/null && \\
    rm -rf /var/lib/apt/lists/*
ARG WHEELS
RUN pip install -q --no-cache-dir --break-system-packages --no-index --find-links $WHEELS torch torchvision numpy pillow
COPY train.py /app/train.py
ENTRYPOINT ["python3"]
"""
DEFINITION = """\
extends: pytorch
name: benchmark
debian: {packages: ["tzdata%s"]}
files: [{from: train.py, to: /app/train.py}]
"""


@dataclass(frozen=True)
class Measured:
    """One build: seconds, and compressed bytes that a push would move."""

    seconds: float
    moved: int


def main() -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, _docker(Path(name)):
        ours, peak = _ours(Path(name) / "ours")
        theirs, parts = _theirs(Path(name) / "theirs")
    print(f"{'':22}{'nautiloid':>22}{'docker build':>24}{'ratio':>8}")
    for situation, mine in ours.items():
        other = theirs[situation]
        print(
            f"{situation:22}{mine.seconds:8.1f} s {mine.moved / 1e6:8.1f} MB"
            f"{other.seconds:11.1f} s {other.moved / 1e6:8.1f} MB{other.seconds / mine.seconds:7.1f}x"
        )
    print(f"docker cold: {', '.join(f'{part} {seconds:.1f} s' for part, seconds in parts.items())}")
    print(f"nautiloid, peak memory of one process: {peak / 1e6:.0f} MB")


def _ours(place: Path) -> tuple[dict[str, Measured], int]:
    place.mkdir()
    (place / "train.py").write_text("print('one')\n")
    cache = Path(os.environ.get("NAUTILOID_CACHE", Path.home() / ".cache/nautiloid"))
    own = place / "cache"
    own.mkdir()
    environment = {**os.environ, "NAUTILOID_CACHE": str(own), "NAUTILOID_IMAGES": str(place / "images")}
    # The downloads are shared, nothing else is.
    (own / "store").symlink_to(cache / "store")

    def nautiloid(*args: str, with_cache: Path | None = None) -> None:
        chosen = {**environment, **({"NAUTILOID_CACHE": str(with_cache)} if with_cache else {})}
        subprocess.run(
            [sys.executable, "-m", "nautiloid", *args], cwd=place, env=chosen, check=True, capture_output=True
        )

    def build() -> Measured:
        before = set((place / "images/blobs/sha256").glob("*"))
        started = time.perf_counter()
        nautiloid("build", "app.yaml", "--locked", "--no-test")
        seconds = time.perf_counter() - started
        return Measured(
            seconds, sum(blob.stat().st_size for blob in set((place / "images/blobs/sha256").glob("*")) - before)
        )

    def lock(constraint: str = "") -> None:
        (place / "app.yaml").write_text(DEFINITION % constraint)
        nautiloid("lock", "app.yaml", with_cache=cache)

    lock(f" (= {_older_version('tzdata')})")  # so that the newest one is a change
    nautiloid("build", "app.yaml", "--locked", "--no-test", with_cache=cache)  # fetches what is not there yet
    shutil.rmtree(place / "images")
    measured = {"cold": build(), "nothing changed": build()}
    lock()
    measured["one .deb changed"] = build()
    (place / "train.py").write_text("print('two')\n")
    lock()
    measured["one script changed"] = build()
    return measured, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _older_version(package: str) -> str:
    """Return the second newest version that apt's sources offer."""
    listed = subprocess.run(["apt-cache", "madison", package], capture_output=True, text=True, check=True).stdout
    versions = list(dict.fromkeys(line.split("|")[1].strip() for line in listed.splitlines()))
    if len(versions) < 2:
        sys.exit(f"the archive has only one version of {package}: nothing to update from")
    return versions[1]


def _theirs(place: Path) -> tuple[dict[str, Measured], dict[str, float]]:
    wheels = place.with_name("wheels")
    wheels.mkdir()
    place.mkdir()
    shutil.copytree("/etc/apt", place / "apt", ignore=shutil.ignore_patterns("*.disabled*", "*.save"))
    (place / "train.py").write_text("print('one')\n")
    (place / "Dockerfile").write_text(DOCKERFILE)
    packages = ["torch==2.13.0", "torchvision==0.28.0", "numpy", "pillow"]
    report = place / "report.json"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    resolved = [*pip, "install", "--dry-run", "--ignore-installed", "--report", str(report), *packages]
    subprocess.run(resolved, check=True, capture_output=True)
    for item in json.loads(report.read_text())["install"]:
        pinned = f"{item['metadata']['name']}=={item['metadata']['version']}"
        subprocess.run([*pip, "download", "--no-deps", "--dest", str(wheels), pinned], check=True, capture_output=True)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(wheels)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    index = f"http://127.0.0.1:{server.server_port}/"

    parts: dict[str, float] = {}
    base = place / "base.tar"
    with _timed(parts, "base"):
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", str(base)], check=True)
        subprocess.run(["docker", "import", str(base), "benchmark-base"], check=True, capture_output=True)
    base.unlink()
    known: set[str] = set()

    def build(*args: str) -> Measured:
        command = ["docker", "build", "--network=host", "-q", "-t", "benchmark", "--build-arg", f"WHEELS={index}"]
        command += [*args, str(place)]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "DOCKER_BUILDKIT": "0"})
        if done.returncode:
            sys.exit(f"docker build failed:\n{done.stderr.decode()[-3000:]}")
        seconds = time.perf_counter() - started
        return Measured(seconds, _new_layers(place, known))

    with _timed(parts, "build"):
        built = build()
    parts["build"] = built.seconds
    with _timed(parts, "save"):
        subprocess.run(["docker", "save", "-o", str(place / "image.tar"), "benchmark"], check=True)
    with _timed(parts, "gzip"):
        subprocess.run(["gzip", "-6", str(place / "image.tar")], check=True)
    measured = {"cold": Measured(sum(parts.values()), built.moved), "nothing changed": build()}
    measured["one .deb changed"] = build("--build-arg", "CHANGED=yes")
    (place / "train.py").write_text("print('two')\n")
    measured["one script changed"] = build("--build-arg", "CHANGED=yes")
    return measured, parts


class _Silent(SimpleHTTPRequestHandler):
    """Serves the wheels to pip without a word."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _new_layers(place: Path, known: set[str]) -> int:
    """Return the gzip bytes of the layers that were not seen before."""
    saved, moved = place / "layers.tar", 0
    subprocess.run(["docker", "save", "-o", str(saved), "benchmark"], check=True)
    with tarfile.open(saved) as archive:
        for member in archive:
            if member.name.endswith("layer.tar") and (stream := archive.extractfile(member)):
                content = stream.read()
                digest = hashlib.sha256(content).hexdigest()
                if digest not in known:
                    known.add(digest)
                    moved += len(gzip.compress(content, 6))
    saved.unlink()
    return moved


@contextmanager
def _timed(parts: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    parts[name] = time.perf_counter() - started


@contextmanager
def _docker(place: Path) -> Iterator[None]:
    """Start a Docker daemon of our own, whose caches are empty."""
    home = place / "docker"
    home.mkdir()
    os.environ["DOCKER_HOST"] = f"unix://{home}/s"
    command = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "-H", os.environ["DOCKER_HOST"]]
    command += ["--data-root", f"{home}/data", "--exec-root", f"{home}/exec", "-p", f"{home}/pid"]
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
                time.sleep(0.5)
            yield
        finally:
            daemon.terminate()
            daemon.wait()
            subprocess.run(["umount", home / "exec/netns/default"], capture_output=True, check=False)


if __name__ == "__main__":
    main()
