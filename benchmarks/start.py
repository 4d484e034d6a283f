"""What the hardened profile costs at the start: plain `docker run` and plain bubblewrap beside the hardened run.

    python benchmarks/start.py [--image nautiloid/pytorch] [--rounds 10]

The image is in the local store (`nautiloid build pytorch`). A program prints the clock at its first
line of Python, after `import torch`, and after one training step; the rows are seconds from the start of the engine's
client to each, medians of rounds in which all kinds take turns. "nautiloid run" is the whole command, our own Python's
start included. Docker's plain run has no network either, so that only what hardening adds differs.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from nautiloid import places
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import rootfs_path
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine
from nautiloid.run.process import environment
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.runsc import RunscEngine

PROGRAM = """
import time
print(time.time(), flush=True)
import torch
print(time.time(), flush=True)
layer = torch.nn.Linear(64, 8)
step = torch.optim.SGD(layer.parameters(), 0.1)
layer(torch.ones(4, 64)).sum().backward()
step.step()
print(time.time(), flush=True)
"""
MOMENTS = ("first line", "torch imported", "first step")
LEAST_SECONDS, LEAST_SHARE = 0.05, 0.05  # the promise: not dearer than either

Run = Callable[[], str]


def main() -> None:
    """Take turns, and print one table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--image", default="nautiloid/pytorch")
    options.add_argument("--rounds", type=int, default=10)
    chosen = options.parse_args()
    kinds = _kinds(chosen.image, Layout(places.images_directory()))
    times: dict[str, list[list[float]]] = {name: [] for name in kinds}
    for turn in range(chosen.rounds + 1):
        for name, run in kinds.items():
            began = time.time()
            seen = [float(line) - began for line in run().split()]
            if turn:  # the first round only fills the page cache
                times[name].append(seen)
    _show({name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in times.items()})


def _kinds(image: str, store: Layout) -> dict[str, Run]:
    """Return what is measured, each plain one before its hardened one; engines that do not work here are left out."""
    bubblewrap, docker = BubblewrapEngine(store, places.cache_directory()), DockerEngine()
    kinds: dict[str, Run] = {}
    if docker.available():
        name = docker.make_ready(image, store).name
        plain = ["docker", "run", "--rm", "--network=none", name, "-c", PROGRAM]
        kinds["docker, plain"] = lambda: _said(plain)
        kinds["docker, hardened"] = lambda: _captured(docker, name)
        kinds["docker, nautiloid run"] = lambda: _command("docker", image)
    if bubblewrap.available():
        bubblewrap.make_ready(image, store)
        words = _plain_bubblewrap(image, store)
        kinds["bubblewrap, plain"] = lambda: _said(words)
        kinds["bubblewrap, hardened"] = lambda: _captured(bubblewrap, image)
        kinds["bubblewrap, nautiloid run"] = lambda: _command("bubblewrap", image)
    runsc = RunscEngine(store, places.cache_directory())
    if runsc.available():
        kinds["runsc, hardened"] = lambda: _captured(runsc, image)
    return kinds


def _plain_bubblewrap(image: str, store: Layout) -> list[str]:
    """Return bubblewrap with the image's files and nothing else that hardens."""
    with open_image(image, store) as source:
        root, config = rootfs_path(source.image, places.cache_directory()), source.image.config
        variables = environment(HardenedProfile(image=image), config).items()
    inside = ["--ro-bind", str(root), "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    settings = [word for name, value in variables for word in ("--setenv", name, value)]
    return ["bwrap", "--unshare-all", *settings, *inside, "--", *config.entrypoint, "-c", PROGRAM]


def _captured(engine: Engine, image: str) -> str:
    done = engine.run_captured(HardenedProfile(image=image, args=("-c", PROGRAM)))
    if done.exit_code:
        sys.exit(f"{engine.name} ended with {done.exit_code}: {done.stderr}")
    return done.stdout


def _command(engine: str, image: str) -> str:
    return _said([str(Path(sys.executable).with_name("nautiloid")), "run", "--engine", engine, image, "-c", PROGRAM])


def _said(words: list[str]) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout


def _show(medians: dict[str, list[float]]) -> None:
    table = Table("seconds to the", *MOMENTS, "dearer than plain")
    for name, seconds in medians.items():
        plain = medians.get(f"{name.partition(',')[0]}, plain")
        table.add_row(name, *(f"{one:.2f}" for one in seconds), _dearer(seconds, plain) if name.endswith("ned") else "")
    Console(width=120).print(table)


def _dearer(seconds: list[float], plain: list[float] | None) -> str:
    if plain is None:
        return ""
    more = [one - other for one, other in zip(seconds, plain, strict=True)]
    held = all(extra <= max(LEAST_SECONDS, LEAST_SHARE * other) for extra, other in zip(more, plain, strict=True))
    return f"{', '.join(f'{extra * 1000:+.0f}' for extra in more)} ms{'' if held else ' (more than promised)'}"


if __name__ == "__main__":
    main()
