"""Asks every source of knowledge about a project, and drafts its definition from the answers."""

from __future__ import annotations

import re
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.project.answers import Survey, ask
from nautiloid.project.dependencies import decide_dependencies
from nautiloid.project.draft import Draft
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.origins import read_indexes, read_sources, table_requirements
from nautiloid.project.own_modules import python_path
from nautiloid.project.project_lock import read_project_lock
from nautiloid.project.start import StartChooser
from nautiloid.project.suitable_base import base_for
from nautiloid.project.system_packages import system_packages

DEFAULT_LIMIT = 50_000_000
"""Bytes above which a file or directory is taken for data."""


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
    said = ask(root, limit, notebook)
    base = base_for(said, notebook)
    locked = read_project_lock(root, said.pyproject, base, notebook)
    declared = [*said.declared, *table_requirements(root)]
    dependencies = decide_dependencies(declared, locked, said.imports, base, notebook)
    sources = read_sources(root, declared, notebook)
    workdir = said.workdir
    chooser = StartChooser(root, said.files, workdir.value, said.pyproject.scripts, notebook)
    start = chooser.choose(said.dockerfile, said.sources.mains)
    packages, refused = system_packages(said.dockerfile, base)
    env = dict(said.dockerfile.env) if said.dockerfile else {}
    env |= python_path(root, said.files, start.entrypoint.value + start.command.value, env)
    _note_writes(said, notebook)
    return Draft(
        name=_name(name or said.pyproject.name or root.name),
        summary=said.pyproject.summary,
        extends=Said(base.name, base.why),
        entrypoint=start.entrypoint,
        command=start.command,
        workdir=Said(str(workdir.value), workdir.origin),
        requirements=dependencies.requirements,
        indexes=read_indexes(root, notebook),
        sources=[said for name, said in sources.items() if name in dependencies.names],
        brought=dependencies.brought,
        unknown=dependencies.unknown,
        packages=packages,
        refused=refused,
        files=said.files.chosen,
        left_out=said.files.left_out,
        env=env,
        labels=said.dockerfile.labels if said.dockerfile else {},
        user=_user(said, notebook),
        tmpfs=(Said("/tmp", "the only place that is writable, in memory"),),  # noqa: S108 - the image's own path
        notes=notebook.notes,
    )


def _user(said: Survey, notebook: Notebook) -> Said[str] | None:
    if said.dockerfile is None or said.dockerfile.user is None:
        return None
    user = said.dockerfile.user
    if re.fullmatch(r"[1-9]\d*(:\d+)?", user.value):
        return user
    notebook.add(user.origin, f"USER {user.value} becomes nonroot (65532)")
    return None


def _note_writes(said: Survey, notebook: Notebook) -> None:
    for path, origin in said.sources.writes.items():
        notebook.add(
            origin,
            f"writes {path}, but the root is read-only: run with -o ./out:/out -w /out, and it lands in ./out",
        )


def _name(text: str) -> str:
    """Return a name that an image may have."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name or "app"
