"""Chooses which files of a project go into its image, and says why the others stay behind.

Every entry is named, so that what a run leaves in the directory (results, checkpoints) never slips into the image.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nautiloid.factory.slim import matches
from nautiloid.project.copies import Copy
from nautiloid.project.docker_ignore import DockerIgnore
from nautiloid.project.facts import Notebook

_CACHES = ("__pycache__", ".*", "*.egg-info", "node_modules", "htmlcov", "venv", "env", "build", "dist")
_TESTS = ("test", "tests")
_NOT_THE_PROGRAM = ("doc", "docs", "examples", "notebooks", "wandb", "mlruns", "lightning_logs", "runs", "out",
                    "output", "outputs", "results", "logs", "checkpoints")  # fmt: skip
_BUILD_FILES = (
    "requirements*.txt", "requirements*.in", "constraints*.txt", "pyproject.toml", "setup.py", "setup.cfg", "uv.lock",
    "poetry.lock", "Pipfile*", "environment.y*ml", "Dockerfile*", "*.dockerfile", "docker-compose*", "compose.y*ml",
    "packages.txt", "conda.y*ml", "pylock*.toml", "Makefile", "tox.ini", "noxfile.py", "nautiloid.yaml", "*.lock",
    "MANIFEST.in", "README*", "LICENSE*", "CHANGELOG*", "CONTRIBUTING*", "*.md", "*.rst",
    "conftest.py", "test_*.py", "*_test.py", "*.ipynb", "*.pyc", ".*", "*.sh",
)  # fmt: skip
_SECRETS = (".env", ".env.*", "*.env", "env.example", "secrets.toml", "*.pem", "*.key", "id_rsa*",
            "id_ed25519*", ".netrc", "credentials*.json", "*.kdbx")  # fmt: skip

_WHY_BUILD = "for building, testing or reading"
_WHY_CACHE = "made by tools"
_WHY_OTHER = "not the program"
_WHY_ODD = "its name is no text"


@dataclass(frozen=True)
class ChosenFile:
    """A file or directory that goes into the image; ``exclude`` holds globs relative to it."""

    source: str
    to: PurePosixPath
    origin: str
    exclude: tuple[str, ...] = ()


@dataclass
class ProjectFiles:
    """What goes in, and what stays behind: path (relative to the project) and why."""

    chosen: list[ChosenFile] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def image_path(self, relative: Path | str) -> PurePosixPath | None:
        """Return where a file of the project lies in the image; None where it is not in it."""
        path = PurePosixPath(Path(relative).as_posix())
        for one in self.chosen:
            source = PurePosixPath(one.source)
            if path == source:
                return one.to
            if path.is_relative_to(source):
                return one.to / path.relative_to(source)
        return None


class FileChooser:
    """Chooses files of one project."""

    def __init__(self, root: Path, limit: int, notebook: Notebook) -> None:
        """Prepare to choose.

        Args:
            root: The project's directory.
            limit: Bytes above which a file or directory is taken for data, and left out.
            notebook: Hears of what does not exist or leads outside.
        """
        self._root = root
        self._limit = limit
        self._notebook = notebook
        self._ignore = DockerIgnore(root)
        self._found = ProjectFiles()

    def from_copies(self, copies: Sequence[Copy]) -> ProjectFiles:
        """Choose what a Dockerfile copies."""
        for copy in copies:
            sources = [self._root / copy.source]
            if any(char in copy.source for char in "*?["):
                sources = sorted(self._root.glob(copy.source))
                if not sources:
                    self._notebook.add(copy.origin, f"copies {copy.source}, which fits no file")
            for source in sources:
                self._copy(source, copy)
        return self._found

    def whole(self, to: PurePosixPath, origin: str, mentioned: Mapping[str, str]) -> ProjectFiles:
        """Choose what belongs to the program of all that the project holds.

        Args:
            to: The directory in the image.
            origin: Why.
            mentioned: Strings of the scripts, which may name data.
        """
        for path in sorted(self._root.iterdir()):
            why = self._why_not(path)
            if why is None:
                self._take(path, to / path.name, origin)
            elif path.name in mentioned and why in (_WHY_BUILD, _WHY_OTHER) and not _fits(path.name, _SECRETS):
                self._take(path, to / path.name, mentioned[path.name])
            elif why not in (_WHY_BUILD, _WHY_CACHE):
                self._found.left_out[path.name] = why
        return self._found

    def also(self, path: Path, to: PurePosixPath, origin: str) -> None:
        """Take one more file, if it is there.

        Args:
            path: Relative to the project.
            to: Its absolute path in the image.
            origin: Why.
        """
        if (self._root / path).is_file() and self._found.image_path(path) is None:
            self._take(self._root / path, to, origin)

    def _copy(self, source: Path, copy: Copy) -> None:
        if not source.exists():
            self._notebook.add(copy.origin, f"copies {copy.source}, which does not exist")
        elif source == self._root:
            self.whole(copy.to, copy.origin, {})
        elif source.is_dir():
            self._take(source, copy.to, copy.origin)
        elif not _fits(source.name, _BUILD_FILES):
            self._take(source, copy.to / source.name if copy.into else copy.to, copy.origin)

    def _why_not(self, path: Path) -> str | None:
        relative = path.relative_to(self._root).as_posix()
        if not path.name.isprintable():
            return _WHY_ODD
        if _fits(path.name, _SECRETS):
            return "may hold secrets; mount it when running"
        if path.is_dir():
            # A package may well be called "env" or "runs".
            package = (path / "__init__.py").exists()
            if (_fits(path.name, _CACHES) and not package) or (path / "pyvenv.cfg").exists():
                return _WHY_CACHE
            if path.name in _TESTS or (path.name in _NOT_THE_PROGRAM and path.parent == self._root and not package):
                return _WHY_OTHER
        elif _fits(path.name, _BUILD_FILES):
            return _WHY_BUILD
        return "in .dockerignore" if self._ignore.ignores(relative) else None

    def _take(self, path: Path, to: PurePosixPath, origin: str) -> None:
        relative = path.relative_to(self._root).as_posix()
        if not path.resolve().is_relative_to(self._root.resolve()):
            self._found.left_out[relative] = "leads outside of the project"
            return
        size = _size(path)
        if size > self._limit and not self._holds_python(path):
            self._found.left_out[relative] = f"{size / 1e6:.0f} MB of data; mount it when running"
            return
        if path.is_dir() and not any(path.iterdir()):
            return
        exclude = tuple(self._excluded(path)) if path.is_dir() else ()
        chosen = ChosenFile(relative, to, origin, exclude)
        if chosen not in self._found.chosen:
            self._found.chosen.append(chosen)

    def _holds_python(self, path: Path) -> bool:
        return path.is_dir() and any(path.rglob("*.py"))

    def _excluded(self, top: Path) -> Iterator[str]:
        """Yield globs for what stays behind inside of a directory."""
        for directory, names, files in os.walk(top):
            here = Path(directory)
            for name in sorted(names):
                path = here / name
                relative = path.relative_to(top).as_posix()
                why = self._why_not(path)
                if why is None and _size(path) > self._limit and not self._holds_python(path):
                    why = f"{_size(path) / 1e6:.0f} MB of data; mount it when running"
                if why is not None:
                    names.remove(name)
                    if name != "__pycache__":
                        yield f"{_glob(relative)}/**"
                    if why not in (_WHY_CACHE,):
                        self._found.left_out[path.relative_to(self._root).as_posix()] = why
            for name in sorted(files):
                path = here / name
                why = self._why_not_inside(path)
                if why is not None:
                    yield _glob(path.relative_to(top).as_posix())
                    if why != _WHY_BUILD:
                        self._found.left_out[path.relative_to(self._root).as_posix()] = why

    def _why_not_inside(self, path: Path) -> str | None:
        """Judge a file inside of a directory, where ``README.md`` or ``*.lock`` may be the program's own data."""
        if not path.name.isprintable():
            return _WHY_ODD
        if _fits(path.name, _SECRETS):
            return "may hold secrets; mount it when running"
        if _fits(path.name, ("*.pyc", "test_*.py", "*_test.py", "conftest.py", "*.ipynb", ".*")):
            return _WHY_BUILD
        size = path.stat().st_size if path.exists() else 0
        if size > self._limit:
            return f"{size / 1e6:.0f} MB of data; mount it when running"
        return "in .dockerignore" if self._ignore.ignores(path.relative_to(self._root).as_posix()) else None


def _glob(path: str) -> str:
    """Return a glob for a path that may not be text, or may hold what means something to a glob."""
    return "".join(char if char.isprintable() and char not in "*?[]{}" else "?" for char in path)


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(
        (Path(directory) / name).stat().st_size
        for directory, _, names in os.walk(path)
        for name in names
        if (Path(directory) / name).is_file()
    )


def python_files(root: Path, files: ProjectFiles) -> list[Path]:
    """Return the Python files that go into the image, as absolute paths."""
    found = []
    for one in files.chosen:
        source = root / one.source
        candidates = [source] if source.is_file() else sorted(source.rglob("*.py"))
        found += [path for path in candidates if path.suffix == ".py" and not _excluded_from(path, source, one)]
    return list(dict.fromkeys(found))


def _excluded_from(path: Path, source: Path, one: ChosenFile) -> bool:
    return path != source and matches(one.exclude, path.relative_to(source).as_posix())
