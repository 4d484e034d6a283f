"""Runs inside of the build container: unpack a source, ask its build back end, hand the wheel out.

It is given to the container as a file of its own and imports nothing but the standard library. What it starts is a
stranger's: so standard output, on which the answer goes out, is closed to it, and its own prints go to standard error.

    python3 inside.py '{"step": "look" | "requires" | "wheel", ...}'

Sources: PEP 517 (build back ends), PEP 518 (``build-system``), PEP 427 (wheels), PEP 625 (source distributions).
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

WORK = Path("/tmp/build")  # noqa: S108 - the container's own, in memory
SOURCE = WORK / "source"
TOOLS = WORK / "tools"
WHEELS = WORK / "wheels"

_HOOKS = """
import importlib, json, site, sys
backend, paths, hook, tools, wheels, answer = json.loads(sys.argv[1])
site.addsitedir(tools)
sys.path[:0] = [*paths, tools]
name, _, attributes = backend.partition(":")
found = importlib.import_module(name)
for attribute in filter(None, attributes.split(".")):
    found = getattr(found, attribute)
if hook == "requires":
    result = getattr(found, "get_requires_for_build_wheel", lambda settings: [])(None)
else:
    result = found.build_wheel(wheels, None, None)
with open(answer, "w") as file:
    json.dump(result, file)
"""


def main() -> None:
    """Do one step of a build, and write its answer to standard output."""
    job = json.loads(sys.argv[1])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.set_inheritable(out.fileno(), False)
    root = unpack(Path(job["archive"]), job["filename"]) / job["subdirectory"]
    if not root.is_dir():
        sys.exit(f"the source has no directory {job['subdirectory']}")
    system = build_system(root)
    if job["step"] == "look":
        out.write(json.dumps(system).encode())
    else:
        install(Path(job["tools"]))
        answer = ask(root, system, job["step"])
        if job["step"] == "requires":
            out.write(json.dumps(answer).encode())
        else:
            hand_out(WHEELS / Path(str(answer)).name, out)
    out.flush()


def unpack(archive: Path, filename: str) -> Path:
    """Unpack a source archive, and return the directory that holds the project.

    Whatever is in it stays in this container; an archive that tries to leave its directory is refused all the same.
    """
    SOURCE.mkdir(parents=True)
    if filename.endswith(".zip"):
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():
                refuse_leading_out(name)
                zipped.extract(name, SOURCE)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                refuse_leading_out(member.name)
                if member.issym():
                    refuse_leading_out(os.path.normpath(Path(member.name).parent / member.linkname))
                elif member.islnk():
                    refuse_leading_out(member.linkname)
                elif not (member.isreg() or member.isdir()):
                    sys.exit(f"the archive holds {member.name!r}, which is neither file, directory nor link")
                tar.extract(member, SOURCE, set_attrs=False)
                if member.isreg():
                    (SOURCE / member.name).chmod(0o755 if member.mode & 0o100 else 0o644)
    entries = list(SOURCE.iterdir())
    return entries[0] if filename and len(entries) == 1 and entries[0].is_dir() else SOURCE


def refuse_leading_out(name: str) -> None:
    """End where a path of an archive is not below it."""
    if name.startswith("/") or ".." in name.split("/"):
        sys.exit(f"the archive holds a path that leads out of it: {name!r}")


def build_system(root: Path) -> dict[str, Any]:
    """Return what ``pyproject.toml`` says of the build, with the defaults of PEP 517 and PEP 518."""
    file = root / "pyproject.toml"
    if not file.is_file() and not (root / "setup.py").is_file():
        sys.exit("it is no Python project: there is neither pyproject.toml nor setup.py")
    system = tomllib.loads(file.read_text(encoding="utf-8")).get("build-system", {}) if file.is_file() else {}
    return {
        "requires": system.get("requires", ["setuptools>=40.8.0"]),
        "backend": system.get("build-backend", "setuptools.build_meta:__legacy__"),
        "paths": system.get("backend-path", []),
    }


def install(wheels: Path) -> None:
    """Put the build tools where the back end finds them; they come as wheels, so that nothing of theirs runs."""
    TOOLS.mkdir(parents=True)
    found = sorted(str(wheel) for wheel in wheels.glob("*.whl"))
    if found:
        command = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
        command += ["--no-cache-dir", "--disable-pip-version-check", "--target", str(TOOLS), *found]
        run(command, os.environ)


def ask(root: Path, system: dict[str, Any], step: str) -> object:
    """Call a hook of the back end, in a process of its own, and return its answer."""
    WHEELS.mkdir()
    answer = WORK / "answer.json"
    paths = [str((root / path).resolve()) for path in system["paths"]]
    arguments = json.dumps([system["backend"], paths, step, str(TOOLS), str(WHEELS), str(answer)])
    path = os.environ.get("PATH", "/usr/bin:/bin")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*paths, str(TOOLS)]), "PATH": f"{TOOLS}/bin:{path}"}
    run([sys.executable, "-c", _HOOKS, arguments], environment, root)
    return json.loads(answer.read_text(encoding="utf-8"))


def run(command: list[str], environment: Any, place: Path | None = None) -> None:
    """Run a program to its end, or end with its exit code."""
    done = subprocess.run(command, env=environment, cwd=place, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode if done.returncode > 0 else 1)


def hand_out(wheel: Path, out: BinaryIO) -> None:
    """Write the wheel's name in one line, then the wheel: members sorted, of one time, so that they tell no clock."""
    neat = WORK / "neat.whl"
    with zipfile.ZipFile(wheel) as built, zipfile.ZipFile(neat, "w", zipfile.ZIP_DEFLATED) as written:
        # RECORD goes last, as PEP 427 recommends.
        for info in sorted(built.infolist(), key=lambda info: (info.filename.endswith("/RECORD"), info.filename)):
            if info.is_dir():
                continue
            member = zipfile.ZipInfo(info.filename)
            executable = (info.external_attr >> 16) & 0o111
            member.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            with built.open(info) as source, written.open(member, "w", force_zip64=info.file_size >= 1 << 31) as target:
                while block := source.read(1 << 20):
                    target.write(block)
    out.write(wheel.name.encode() + b"\n")
    with neat.open("rb") as file:
        while block := file.read(1 << 20):
            out.write(block)


if __name__ == "__main__":
    main()
