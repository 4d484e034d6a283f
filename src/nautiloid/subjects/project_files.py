"""Which files of a project, or of a repository with many, say what is installed.

Installed environments and version control are passed over, and so are links: a file is found where it lies.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.project.locked_packages import is_python_lock
from nautiloid.regular_file import open_regular

PIPFILE_LOCK = "Pipfile.lock"

_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages"})
_MOST_BEGINNING = 64 * 1024
_OTHER_LOCKS = frozenset(
    {
        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "Cargo.lock", "go.sum",
        "Gemfile.lock", "composer.lock", "packages.lock.json", "gradle.lockfile", "mix.lock", "conda-lock.yml",
    }
)  # fmt: skip


@dataclass(frozen=True)
class ProjectFiles:
    """What a directory and those below it hold.

    Attributes:
        locks: Locks of Python projects, and Nautiloid's own.
        requirements: Requirements that stand in a directory without a lock.
        passed_over: Requirements beside a lock, which speaks for them.
        foreign: Locks of other worlds, which nobody here reads.
    """

    locks: tuple[Path, ...]
    requirements: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    foreign: tuple[Path, ...]


def find_project_files(directory: Path) -> ProjectFiles:
    """Find them in a directory and all below it, sorted.

    Raises:
        UsageError: There are too many directories.
    """
    locks: list[Path] = []
    requirements: list[Path] = []
    passed_over: list[Path] = []
    foreign: list[Path] = []
    for files in _directories(directory):
        locked = [file for file in files if _is_lock(file)]
        wanted = [file for file in files if _is_requirements(file)]
        locks += locked
        (passed_over if any(map(_is_of_python, locked)) else requirements).extend(wanted)
        foreign += [file for file in files if file.name in _OTHER_LOCKS]
    return ProjectFiles(tuple(locks), tuple(requirements), tuple(passed_over), tuple(foreign))


def is_own_lock(path: Path) -> bool:
    """Tell whether a file is a lock of Nautiloid's, by its beginning."""
    if path.suffix != ".lock":
        return False
    with open_regular(path) as stream:
        start = stream.read(_MOST_BEGINNING)
    return start.lstrip().startswith(b"{") and b'"definition"' in start


def _directories(root: Path) -> Iterator[list[Path]]:
    """Yield the plain files of each directory, the upper ones first."""
    for count, (where, below, names) in enumerate(os.walk(root)):
        if count >= bounds.PROJECT_DIRECTORIES:
            raise UsageError(f"{root} has more than {bounds.PROJECT_DIRECTORIES:,} directories", "Scan a part of it.")
        below[:] = sorted(name for name in below if not _is_passed_over(Path(where, name)))
        yield [file for name in sorted(names) if (file := Path(where, name)).is_file()]


def _is_passed_over(directory: Path) -> bool:
    name = directory.name
    return name.startswith(".") or name in _PASSED_OVER or (directory / "pyvenv.cfg").exists()


def _is_lock(file: Path) -> bool:
    return _is_of_python(file) or is_own_lock(file)


def _is_of_python(file: Path) -> bool:
    return is_python_lock(file) or file.name == PIPFILE_LOCK


def _is_requirements(file: Path) -> bool:
    return fnmatch(file.name, "*requirements*.txt") or (file.parent.name == "requirements" and file.suffix == ".txt")
