"""Runs inside the container of an app, on the image's Python and its standard library; prints one line of JSON.

Its only argument is the path of a JSON file: ``requirements`` (names of distributions), ``modules`` (paths of the app's
own Python files), ``program`` (what the image starts), ``skip`` (globs of modules and distributions), ``seconds`` (for
one import) and ``all_seconds`` (for all).

Imports run in a process of their own, one after the other, which reports each: code that hangs when it is imported,
ends its interpreter or crashes it, is named, and the rest goes on in a new process.
"""

from __future__ import annotations

import ast
import fnmatch
import importlib
import importlib.metadata
import json
import os
import platform
import re
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

LAST = "nautiloid-app:"
_NO_MODULES_OF_THE_APP = ("setup.py", "conftest.py", "noxfile.py", "test_*.py", "*_test.py")
_TESTS = {"test", "tests"}
_NOT_THE_DISTRIBUTION = {"test", "tests", "doc", "docs", "example", "examples", "benchmarks", "scripts", "setup"}
_WORK = (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)


class Job:
    """Something to import: a module by its name, or the import statements of a program."""

    def __init__(self, name: str, *modules: str, program: Path | None = None) -> None:
        self.name, self.modules, self.program = name, modules, program

    def run(self) -> None:
        """Import it; raises what the imported code raises."""
        if self.program is not None:
            _import_as(self.program)
        for module in self.modules:
            importlib.import_module(module)


def _import_as(program: Path) -> None:
    """Run the import statements of a program, with the places searched where it would find its neighbours."""
    wanted: list[ast.stmt] = [node for node in _parsed(program).body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = compile(ast.Module(wanted, []), str(program), "exec")
    places = list(sys.path)
    sys.path.insert(0, str(program.parent))
    try:
        exec(code, {"__name__": "__imports__", "__file__": str(program)})  # noqa: S102 - the image's own
    finally:
        sys.path[:] = places


# -- distributions ---------------------------------------------------------------------------------------------------


def distribution_jobs(names: Iterable[str], skip: Iterable[str]) -> Iterator[Job]:
    """Yield the import of each distribution that is there and has modules."""
    for name in names:
        try:
            files = importlib.metadata.distribution(name).files or []
        except importlib.metadata.PackageNotFoundError:
            continue
        modules = [module for module in modules_of(name, map(str, files)) if not _skipped(module, skip)]
        if modules and not _skipped(_canonical(name), skip):
            yield Job(name if list(map(_canonical, modules)) == [name] else f"{name} ({', '.join(modules)})", *modules)


def modules_of(name: str, files: Iterable[str]) -> list[str]:
    """Return what of a distribution is to be imported, going by the paths in its RECORD.

    Where one module has the distribution's name, it is that; else all that are not private.
    """
    packages: set[tuple[str, ...]] = set()
    found: set[str] = set()
    for file in files:
        *folders, last = file.split("/")
        stem, _, suffix = last.partition(".")
        if not suffix or not (suffix == "py" or suffix.endswith("so")) or not all(map(str.isidentifier, folders)):
            continue
        if stem == "__init__" and folders:
            packages.add(tuple(folders))
        elif not folders and stem.isidentifier():
            found.add(stem)
    tops = {path for path in packages if not any(path[:end] in packages for end in range(1, len(path)))}
    found |= {".".join(path) for path in tops}
    found = {module for module in found if module.partition(".")[0] not in _NOT_THE_DISTRIBUTION}
    same = [module for module in found if _canonical(module) == _canonical(name)]
    public = [module for module in found if not any(part.startswith("_") for part in module.split("."))]
    return sorted(same or public or found)


# -- the app's own files ---------------------------------------------------------------------------------------------


class OwnFiles:
    """The app's own Python files, and what importing each of them would do."""

    def __init__(self, paths: Iterable[str], program: list[str]) -> None:
        self._paths = [Path(path) for path in paths if not _is_test(Path(path))]
        self._roots = {Path(place or ".").resolve() for place in sys.path}
        self._imported = set(_named_by(program))
        self.trees: dict[Path, ast.Module] = {}
        self.faults: list[dict[str, object]] = []
        for path in self._paths:
            try:
                self.trees[path] = _parsed(path)
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.faults.append(_outcome(str(path), f"it is not Python that can be read: {error}"))
        for path, tree in self.trees.items():
            self._imported |= _imports(tree, (self.module(path) or "").split("."), path.name == "__init__.py")

    def module(self, path: Path) -> str | None:
        """Return the name that a file is imported by; None where no place that Python searches leads to it."""
        path = path.resolve()
        top = path.parent
        while (top / "__init__.py").is_file():
            top = top.parent
        roots = [root for root in self._roots if top == root or root in top.parents]
        if not roots:
            return None
        parts = path.relative_to(max(roots, key=lambda root: len(root.parts))).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        return ".".join(parts) if parts and all(map(str.isidentifier, parts)) else None

    def is_program(self, path: Path) -> bool:
        """Tell whether a file does its work as soon as it is imported, and nobody imports it."""
        name = self.module(path)
        if name is None:
            return True
        return name not in self._imported and (path.name == "__main__.py" or _works(self.trees[path].body))

    def jobs(self, skip: Iterable[str]) -> Iterator[Job]:
        """Yield the import of each file."""
        for path in sorted(self.trees):
            name = self.module(path)
            if _skipped(name or path.stem, skip):
                continue
            if self.is_program(path):
                yield Job(f"the imports of {path}", program=path)
            elif name is not None:
                yield Job(name, name)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), str(path))


def _is_test(path: Path) -> bool:
    return bool(_TESTS & set(path.parts)) or any(fnmatch.fnmatch(path.name, glob) for glob in _NO_MODULES_OF_THE_APP)


def _named_by(program: Iterable[str]) -> Iterator[str]:
    """Yield the modules that a command line has imported: ``package.module:app``, and those of ``-c`` code."""
    for word in program:
        if re.fullmatch(r"[\w.]+:[\w.()]+", word):
            yield word.partition(":")[0]
        elif "import " in word:
            try:
                yield from _imports(ast.parse(word), [], False)
            except SyntaxError:
                continue


def _imports(tree: ast.Module, name: list[str], is_package: bool) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = name[: len(name) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)}
    return found


def _works(body: Iterable[ast.stmt]) -> bool:
    """Tell whether statements do more than define things; what stands behind a main guard does not count."""
    for node in body:
        if isinstance(node, _WORK) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await)):
            return True
        if isinstance(node, ast.If) and "__name__" not in ast.unparse(node.test) and _works([*node.body, *node.orelse]):
            return True
        if isinstance(node, ast.Try) and _works([*node.body, *node.orelse, *node.finalbody]):
            return True
    return False


def _skipped(name: str, skip: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, glob) or name.startswith(f"{glob}.") for glob in skip)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# -- importing -------------------------------------------------------------------------------------------------------


def import_all(jobs: list[Job], seconds: float, all_seconds: float) -> Iterator[dict[str, object]]:
    """Run the jobs in order, in as many processes as it takes, and yield the outcome of each."""
    end = time.monotonic() + all_seconds
    waiting = list(jobs)
    while waiting:
        worker = Worker(waiting)
        while waiting:
            started = time.monotonic()
            limit = min(seconds, max(end - started, 0.0))
            said = worker.next(limit)
            job = waiting.pop(0)
            yield _outcome(job.name, worker.fate(limit) if said is None else said, time.monotonic() - started)
            if said is None:
                break
        worker.end()


class Worker:
    """A process that does jobs one after the other."""

    def __init__(self, jobs: list[Job]) -> None:
        sys.stdout.flush()
        reader, writer = os.pipe()
        self.number = os.fork()
        if self.number == 0:
            os.close(reader)
            _work(jobs, writer)
        os.close(writer)
        self._reader = reader
        self._lines = b""
        self._status: int | None = None

    def next(self, seconds: float) -> str | None:
        """Return why the next job failed, empty when it did not; None where the process says no more."""
        end = time.monotonic() + seconds
        while b"\n" not in self._lines:
            ready = select.select([self._reader], [], [], max(end - time.monotonic(), 0))[0]
            block = os.read(self._reader, 65536) if ready else b""
            if not block:
                self._status = os.waitpid(self.number, 0)[1] if ready else None
                return None
            self._lines += block
        line, _, self._lines = self._lines.partition(b"\n")
        return str(json.loads(line))

    def fate(self, seconds: float) -> str:
        """Say why it says no more."""
        if self._status is None:
            return (
                f"the import had not ended after {seconds:.0f} seconds; if it starts a program, put that behind "
                "'if __name__ == \"__main__\":', or say under test.skip why it is not imported"
            )
        if os.WIFSIGNALED(self._status):
            return f"the import ended the interpreter with {signal.Signals(os.WTERMSIG(self._status)).name}"
        return f"the import ended the interpreter with exit code {os.WEXITSTATUS(self._status)}"

    def end(self) -> None:
        """End the process, and what it has started."""
        os.close(self._reader)
        if self._status is None:
            _kill_group(self.number)
            os.waitpid(self.number, 0)


def _work(jobs: list[Job], writer: int) -> None:
    """Do jobs in a process of their own, and never return."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    for job in jobs:
        try:
            job.run()
            said = ""
        except SystemExit as error:
            said = f"importing it ends the program (SystemExit: {error.code})"
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {error} (line {where.lineno} of {where.filename})"
        os.write(writer, json.dumps(said[-2000:]).encode() + b"\n")
    os._exit(0)


def _kill_group(number: int) -> None:
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:  # it had not begun
        os.kill(number, signal.SIGKILL)


# -- all of it -------------------------------------------------------------------------------------------------------


def markers() -> dict[str, str]:
    """Return what environment markers evaluate to here (PEP 508, "Environment Markers")."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": platform.python_version(),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def installed(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of those distributions that are there."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _outcome(name: str, detail: str, seconds: float = 0.0) -> dict[str, object]:
    return {"group": "app", "name": name, "passed": not detail, "detail": detail, "seconds": seconds}


def main() -> None:
    """Try everything that the plan asks for."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    scripts = [word for word in plan["program"] if word.endswith(".py")]
    if scripts:
        sys.path[0] = str(Path(scripts[0]).parent)  # where Python looks first when it starts a script
    own = OwnFiles(plan["modules"], plan["program"])
    jobs = [*distribution_jobs(plan["requirements"], plan["skip"]), *own.jobs(plan["skip"])]
    outcomes = [*own.faults, *import_all(jobs, plan["seconds"], plan["all_seconds"])]
    programs = [str(job.program) for job in jobs if job.program is not None]
    answer = {
        "outcomes": outcomes,
        "installed": installed(plan["requirements"]),
        "markers": markers(),
        "programs": programs,
    }
    print(LAST + json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
