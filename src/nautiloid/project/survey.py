"""Asks every source of knowledge about a project, and drafts its definition from the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.project.apt_packages import choose_packages
from nautiloid.project.base_image import BaseImage, choose_base
from nautiloid.project.conda_environment import CondaEnvironment, read_conda_environment
from nautiloid.project.dependencies import decide_dependencies
from nautiloid.project.dockerfile import Dockerfile, read_dockerfile
from nautiloid.project.draft import Draft
from nautiloid.project.facts import Notebook, Said, Wanted, read_requirement
from nautiloid.project.import_names import providers
from nautiloid.project.imports import Import, Sources, read_sources
from nautiloid.project.pipfile_lock import read_pipfile_lock
from nautiloid.project.poetry_lock import read_poetry_lock
from nautiloid.project.project_files import FileChooser, ProjectFiles, python_files
from nautiloid.project.pyproject import Pyproject, read_pyproject
from nautiloid.project.requirements import constrained, read_requirements
from nautiloid.project.start import StartChooser
from nautiloid.project.uv_lock import read_uv_lock

DEFAULT_LIMIT = 50_000_000
"""Bytes above which a file or directory is taken for data."""

_WORKDIR = PurePosixPath("/app")
_REQUIREMENTS = ("requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
                 "requirements.in")  # fmt: skip


@dataclass(frozen=True)
class _Said:
    """What the sources say."""

    pyproject: Pyproject
    dockerfile: Dockerfile | None
    conda: CondaEnvironment | None
    declared: list[Wanted]
    files: ProjectFiles
    sources: Sources
    imports: list[Import]


def draft_definition(root: Path, *, name: str | None = None, limit: int = DEFAULT_LIMIT) -> Draft:
    """Look at a project and draft its definition.

    Args:
        root: The project's directory.
        name: The image's name; None takes the project's.
        limit: Bytes above which a file or directory is taken for data, and left out.

    Raises:
        UsageError: There is no such directory, or no Python in it.
        ProjectError: A file of the project is broken.
    """
    if not root.is_dir():
        raise UsageError(f"there is no directory {root}")
    root = root.resolve()
    notebook = Notebook()
    said = _ask(root, limit, notebook)
    base = _base(said, notebook)
    locked = _locked(root, said.pyproject, base, notebook)
    dependencies = decide_dependencies(said.declared, locked, said.imports, base, notebook)
    workdir = _workdir(said.dockerfile)
    chooser = StartChooser(root, said.files, workdir.value, said.pyproject.scripts, notebook)
    start = chooser.choose(said.dockerfile, said.sources.mains)
    packages, refused = _packages(said.dockerfile, base)
    env = dict(said.dockerfile.env) if said.dockerfile else {}
    env |= _python_path(root, said.files, start.entrypoint.value + start.command.value, env)
    _note_writes(said.sources, notebook)
    return Draft(
        name=_name(name or said.pyproject.name or root.name),
        summary=said.pyproject.summary,
        extends=Said(base.name, base.why),
        entrypoint=start.entrypoint,
        command=start.command,
        workdir=Said(str(workdir.value), workdir.origin),
        requirements=dependencies.requirements,
        brought=dependencies.brought,
        unknown=dependencies.unknown,
        packages=packages,
        refused=refused,
        files=said.files.chosen,
        left_out=said.files.left_out,
        env=env,
        labels=said.dockerfile.labels if said.dockerfile else {},
        user=_user(said.dockerfile, notebook),
        tmpfs=(Said("/tmp", "the only place that is writable, in memory"),),  # noqa: S108 - the image's own path
        notes=notebook.notes,
    )


def _ask(root: Path, limit: int, notebook: Notebook) -> _Said:
    pyproject = read_pyproject(root, notebook) or Pyproject()
    dockerfile = read_dockerfile(root, notebook)
    conda = read_conda_environment(root, notebook)
    files = _files(root, limit, dockerfile, notebook)
    sources = read_sources(python_files(root, files), root, notebook)
    if not dockerfile or not dockerfile.copies:
        # What the scripts name is known only now.
        files = FileChooser(root, limit, Notebook()).whole(_workdir(dockerfile).value, "the project", sources.strings)
    if not files.chosen:
        raise UsageError(
            f"{root} holds nothing to put into an image: no Python file, and no Dockerfile that copies one",
            "Name the project's directory: nautiloid init DIRECTORY.",
        )
    local = _local_modules(root, files)
    imports = [one for one in sources.imports if one.module not in local]
    declared = list(pyproject.wanted)
    declared += _requirements(root, dockerfile, notebook)
    declared += conda.wanted if conda else ()
    return _Said(pyproject, dockerfile, conda, declared, files, sources, imports)


def _files(root: Path, limit: int, dockerfile: Dockerfile | None, notebook: Notebook) -> ProjectFiles:
    chooser = FileChooser(root, limit, notebook)
    if dockerfile is not None and dockerfile.copies:
        return chooser.from_copies(dockerfile.copies)
    return chooser.whole(_workdir(dockerfile).value, "the project", {})


def _workdir(dockerfile: Dockerfile | None) -> Said[PurePosixPath]:
    if dockerfile is not None and dockerfile.workdir is not None:
        return dockerfile.workdir
    return Said(_WORKDIR, "where the files lie")


def _requirements(root: Path, dockerfile: Dockerfile | None, notebook: Notebook) -> Iterator[Wanted]:
    named = [said.value for said in dockerfile.pip_requirements] if dockerfile else []
    chosen = [_find(root, name) for name in named] or [next((n for n in _REQUIREMENTS if (root / n).is_file()), None)]
    read: set[str] = set()
    for name in chosen:
        if name is None:
            continue
        found = read_requirements(root / name, root, notebook)
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


def _base(said: _Said, notebook: Notebook) -> BaseImage:
    names = {wanted.name for wanted in said.declared}
    names |= {name for one in said.imports if not one.optional for name in providers(one.module)[:1]}
    exact = None
    if said.dockerfile is not None:
        exact = said.dockerfile.python
        if re.search(r"(^|/)pytorch", said.dockerfile.image.value):
            names.add("torch")
    ranges = [one for one in (said.pyproject.python, said.conda.python if said.conda else None) if one is not None]
    return choose_base(names, exact, ranges, notebook)


def _locked(root: Path, pyproject: Pyproject, base: BaseImage, notebook: Notebook) -> Sequence[Wanted] | None:
    locked = read_uv_lock(root, base.environment, base.brings, notebook)
    if locked is None:
        locked = read_poetry_lock(root, pyproject.wanted, base.environment, base.brings, notebook)
    return locked if locked is not None else read_pipfile_lock(root, notebook)


def _local_modules(root: Path, files: ProjectFiles) -> set[str]:
    """Return the top-level names that are the project's own: beside any of its scripts, at its root, or under src."""
    places = {root, root / "src"} | {path.parent for path in python_files(root, files)}
    found: set[str] = set()
    for place in places:
        if place.is_dir():
            found |= {path.stem for path in place.glob("*.py")}
            found |= {path.name for path in place.iterdir() if path.is_dir() and path.name.isidentifier()}
    return found


def _packages(dockerfile: Dockerfile | None, base: BaseImage) -> tuple[list[Said[str]], list[Said[str]]]:
    taken: dict[str, Said[str]] = {}
    refused: dict[str, Said[str]] = {}
    for said in dockerfile.installs if dockerfile else ():
        for choice in choose_packages(said.value, base.definition.debian.never):
            remark = f"{said.origin}; {choice.why}" if choice.why else said.origin
            (taken if choice.taken else refused).setdefault(choice.package, Said(choice.package, remark))
    return list(taken.values()), list(refused.values())


def _python_path(
    root: Path, files: ProjectFiles, words: Sequence[str], env: dict[str, Said[str]]
) -> dict[str, Said[str]]:
    """Return PYTHONPATH where the program's own modules do not lie beside the script that is started."""
    beside = {str(PurePosixPath(word).parent) for word in words if word.endswith(".py")}
    places: list[str] = []
    for path in python_files(root, files):
        relative = path.relative_to(root)
        if len(relative.parts) < 2:
            continue
        top = Path(*relative.parts[:2]) if relative.parts[0] == "src" else Path(relative.parts[0])
        inside = files.image_path(top)
        if inside is not None and str(inside.parent) not in places:
            places.append(str(inside.parent))
    if "-m" in words or "-c" in words:
        places += [str(one.to.parent) for one in files.chosen if one.to.suffix == ".py"]
    missing = [place for place in dict.fromkeys(places) if place not in beside]
    if not missing or "PYTHONPATH" in env:
        return {}
    return {"PYTHONPATH": Said(":".join(missing), "where the project's own modules lie")}


def _user(dockerfile: Dockerfile | None, notebook: Notebook) -> Said[str] | None:
    if dockerfile is None or dockerfile.user is None:
        return None
    user = dockerfile.user
    if re.fullmatch(r"[1-9]\d*(:\d+)?", user.value):
        return user
    notebook.add(user.origin, f"USER {user.value} becomes nonroot (65532)")
    return None


def _note_writes(sources: Sources, notebook: Notebook) -> None:
    for path, origin in sources.writes.items():
        notebook.add(
            origin,
            f"writes {path}, but the root is read-only: run with -o ./out:/out -w /out, and it lands in ./out",
        )


def _name(text: str) -> str:
    """Return a name that an image may have."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name or "app"
