"""Compile Python modules ahead of time, with the image's own interpreter.

A read-only root cannot cache bytecode, and compiling torch at each start costs seconds. The modules are compiled as
*unchecked-hash* pycs (PEP 552): they depend on the source's bytes and the compiler alone, never on a time stamp. The
compiler is the image's interpreter, started through the image's own dynamic linker: two patch releases of one Python
share a magic number and yet compile some files differently. For an image of a processor that does not run here it is
the very same release for one that does: bytecode knows no processor.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.factory import slim
from nautiloid.factory.definition import Definition, Python
from nautiloid.factory.rootfs.content import FileSlice
from nautiloid.factory.rootfs.linkage import TRIPLETS
from nautiloid.factory.rootfs.tree import Node, NodeKind, Tree
from nautiloid.programs import announced
from nautiloid.progress import SILENT, Progress

_LOADERS = {"amd64": "usr/lib64/ld-linux-x86-64.so.2", "arm64": "usr/lib/ld-linux-aarch64.so.1"}

# Runs inside the image's interpreter. A file that is no module of this Python (a template, a test of syntax errors)
# simply has no bytecode.
_COMPILER = """
import json, py_compile, sys, warnings
warnings.simplefilter("ignore")
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
with open(sys.argv[1]) as listing:
    for source, compiled, name in json.load(listing):
        try:
            py_compile.compile(source, compiled, name, doraise=True, invalidation_mode=mode, quiet=2)
        except py_compile.PyCompileError:
            pass
"""


class BytecodeError(NautiloidError):
    """The image's interpreter cannot run on this machine."""


@dataclass(frozen=True)
class _Batch:
    """The modules of one component: compiled in one process, so that its layer depends on nothing else."""

    modules: tuple[Node, ...]
    key: str


@dataclass(frozen=True)
class Compiler:
    """Where the compiling Python lies: the image's own tree, or that of its twin for a processor that runs here."""

    tree: Tree
    architecture: str


def compile_modules(
    tree: Tree,
    definition: Definition,
    compiler: Compiler,
    cache: Path,
    scratch: Path,
    progress: Progress = SILENT,
) -> None:
    """Add a pyc beside every module that the definition's ``bytecode`` globs name.

    Args:
        tree: The slimmed tree.
        compiler: The Python that compiles.
        definition: Says which modules, and which Python.
        cache: Where finished batches are kept, by key.
        scratch: An empty directory for the interpreter's files.
        progress: Told about each batch.

    Raises:
        BytecodeError: The compiling interpreter does not run here.
    """
    if definition.python is None or not definition.python.bytecode:
        return
    batches = _batches(tree, compiler.tree, definition.python)
    missing = [batch for batch in batches if not (cache / f"{batch.key}.tar").is_file()]
    if missing:
        interpreter = _Interpreter(compiler, definition.python.version, scratch)
        with progress.task("Compile bytecode", total=sum(len(batch.modules) for batch in missing)) as task:
            workers = min(4, os.cpu_count() or 1)
            with ThreadPoolExecutor(workers) as pool:
                for count in pool.map(lambda batch: interpreter.compile(batch, cache), missing):
                    task.advance(count)
    for batch in batches:
        _add(tree, batch, cache / f"{batch.key}.tar", definition.python.version)


def _batches(tree: Tree, compiling: Tree, python: Python) -> list[_Batch]:
    by_component: dict[str, list[Node]] = {}
    for entry in tree.files():
        hot = slim.matches(python.bytecode, entry.path) and not slim.matches(python.cold, entry.path)
        if hot and entry.path.endswith(".py"):
            by_component.setdefault(entry.origin.component, []).append(entry)
    compiler = [e for e in compiling.files() if e.path.startswith("usr/bin/python") or "/py_compile" in e.path]
    return [_Batch(tuple(modules), _key([*compiler, *modules])) for _, modules in sorted(by_component.items())]


def _key(entries: Iterable[Node]) -> str:
    lines = [f"{entry.path}\0{entry.content.identity}" for entry in entries if entry.content]
    return hashlib.sha256("\n".join([_COMPILER, *lines]).encode()).hexdigest()


def _add(tree: Tree, batch: _Batch, compiled: Path, version: str) -> None:
    origins = {entry.path: entry.origin for entry in batch.modules}
    tag = f"cpython-{version.replace('.', '')}"
    with tarfile.open(compiled, "r:") as archive:
        for member in archive:
            directory, _, name = member.name.rpartition("/")
            place = f"{directory}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc"
            identity = f"pyc:{batch.key}:{member.name}"
            content = FileSlice(compiled, member.size, identity, member.offset_data)
            tree.file(place, content, origins[member.name])


class _Interpreter:
    """The image's Python, laid out on this machine and started through the image's own dynamic linker."""

    def __init__(self, compiler: Compiler, version: str, scratch: Path) -> None:
        self._root = scratch / "interpreter"
        self._scratch = scratch
        for entry in compiler.tree:
            if entry.origin.layer in {"base", "python"}:
                _lay_out(entry, self._root)
        libraries = self._root / "usr/lib" / TRIPLETS[compiler.architecture]
        loader = self._root / _LOADERS[compiler.architecture]
        program = self._root / f"usr/bin/python{version}"
        if not loader.exists():
            loader = libraries / loader.name
        self._command = [str(loader), "--library-path", str(libraries), str(program), "-S", "-B"]
        self._try(compiler.architecture)

    def compile(self, batch: _Batch, cache: Path) -> int:
        """Compile a batch into ``cache`` and return how many modules it has."""
        sources, results = self._scratch / batch.key / "py", self._scratch / batch.key / "pyc"
        jobs = []
        for number, entry in enumerate(batch.modules):
            assert entry.content is not None  # noqa: S101 - a regular file
            source = sources / f"{number}.py"
            source.parent.mkdir(parents=True, exist_ok=True)
            with entry.content.open() as stream:
                source.write_bytes(stream.read())
            jobs.append((str(source), str(results / f"{number}.pyc"), f"/{entry.path}"))
        listing = self._scratch / batch.key / "jobs.json"
        listing.write_text(json.dumps(jobs), encoding="utf-8")
        self._run(["-c", _COMPILER, str(listing)])
        self._keep(batch, results, cache)
        return len(batch.modules)

    def _keep(self, batch: _Batch, results: Path, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        temporary = self._scratch / f"{batch.key}.tar"
        with tarfile.open(temporary, "w:", format=tarfile.GNU_FORMAT) as archive:
            for number, entry in enumerate(batch.modules):
                compiled = results / f"{number}.pyc"
                if compiled.is_file():
                    info = tarfile.TarInfo(entry.path)
                    info.size = compiled.stat().st_size
                    with compiled.open("rb") as stream:
                        archive.addfile(info, stream)
        temporary.replace(cache / f"{batch.key}.tar")

    def _try(self, architecture: str) -> None:
        try:
            self._run(["-c", "import json, py_compile"])
        except (OSError, BytecodeError) as error:
            raise BytecodeError(
                f"the compiling interpreter does not run here, so the image's modules stay uncompiled: {error}",
                f"Build on Linux on {architecture}, or set 'bytecode: null' (a slower start, another digest).",
            ) from error

    def _run(self, arguments: Sequence[str]) -> None:
        # A clean environment: nothing of this machine may reach the compiler.
        done = subprocess.run(
            announced([*self._command, *arguments]),
            env={"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BytecodeError(f"the compiler failed: {done.stderr.strip()[-500:]}")


def _lay_out(entry: Node, root: Path) -> None:
    """Write one entry below ``root``; a tree has no links among its parents, so nothing is written elsewhere."""
    place = root / entry.path
    place.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind is NodeKind.DIRECTORY:
        place.mkdir(exist_ok=True)
    elif entry.kind is NodeKind.SYMLINK and not entry.target.startswith("/"):
        place.symlink_to(entry.target)
    elif entry.content is not None:
        with entry.content.open() as stream:
            place.write_bytes(stream.read())
        place.chmod(0o700 if entry.mode & 0o111 else 0o600)
