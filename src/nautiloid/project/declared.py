"""The requirements that a project's requirements files and its Dockerfile's ``pip install`` commands declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nautiloid.project.dockerfile import Dockerfile
from nautiloid.project.facts import Notebook, Wanted, read_requirement
from nautiloid.project.requirements import constrained, read_requirements

_REQUIREMENTS = ("requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
                 "requirements.in")  # fmt: skip


def declared_requirements(root: Path, dockerfile: Dockerfile | None, notebook: Notebook) -> Iterator[Wanted]:
    """Read the requirements of the files that the Dockerfile installs from, else of the usual one, and of its commands.

    Args:
        root: The project's directory.
        dockerfile: What its Dockerfile says.
        notebook: Hears of files that do not exist, and of those that are not read.

    Raises:
        ProjectError: A requirements file cannot be read.
    """
    named = [said.value for said in dockerfile.pip_requirements] if dockerfile else []
    chosen = [_find(root, name) for name in named] or [next((n for n in _REQUIREMENTS if (root / n).is_file()), None)]
    read: set[str] = set()
    for name in chosen:
        if name is None:
            continue
        found = read_requirements(root / name, root, notebook, within=root)
        read |= {path.as_posix() for path in found.read}
        yield from constrained(found.wanted, found.constraints, notebook)
    missing = [name for name in named if _find(root, name) is None]
    for name in missing:
        notebook.add("Dockerfile", f"installs from {name}, which does not exist here")
    others = sorted(path.name for path in root.glob("requirements*.txt") if path.name not in read)
    if others:
        notebook.add(", ".join(others), "not read: they do not seem to be for running the program")
    for said in dockerfile.pip_packages if dockerfile else ():
        if wanted := read_requirement(said.value, said.origin, notebook):
            yield wanted


def _find(root: Path, name: str) -> str | None:
    """Find a file of the project by the path that it has in the image: ``/app/requirements.txt``, ``/tmp/req.txt``."""
    for candidate in (name.lstrip("/"), PurePosixPath(name).name):
        if (root / candidate).is_file():
            return candidate
    return None
