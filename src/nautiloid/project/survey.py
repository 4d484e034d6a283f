"""Asks every source of knowledge about a project, and drafts its definition from the answers."""

from __future__ import annotations

import re
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.project.answers import ask
from nautiloid.project.dependencies import decide_dependencies
from nautiloid.project.draft import Draft
from nautiloid.project.facts import Notebook, Said
from nautiloid.project.image_settings import environment_of, note_run_options, ports_of, user_of
from nautiloid.project.own_modules import python_path
from nautiloid.project.own_start import choose_start
from nautiloid.project.probing import draft_probe
from nautiloid.project.project_lock import read_project_lock
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
    locked = read_project_lock(root, said.metadata, base, notebook)
    dependencies = decide_dependencies(said.declared, locked, said.imports, base, notebook)
    workdir = said.workdir
    start = choose_start(root, said, notebook)
    words = start.entrypoint.value + start.command.value
    packages, refused = system_packages(said.installs, base, dependencies.names)
    env = environment_of(said, words)
    env |= python_path(root, said.program.files, words, env)
    note_run_options(root, said, env, notebook)
    return Draft(
        name=_name(name or said.metadata.name or root.name),
        summary=said.metadata.summary,
        extends=Said(base.name, base.why),
        entrypoint=start.entrypoint,
        command=start.command,
        workdir=Said(str(workdir.value), workdir.origin),
        requirements=dependencies.requirements,
        indexes=said.origins.indexes,
        sources=said.origins.of(dependencies.names, locked or (), notebook),
        brought=dependencies.brought,
        unknown=dependencies.unknown,
        packages=packages,
        refused=refused,
        files=said.program.files.chosen,
        left_out=said.program.files.left_out,
        env=env,
        labels=said.dockerfile.labels if said.dockerfile else {},
        user=user_of(said, notebook),
        probe=draft_probe(root, said.program.files, start),
        tmpfs=(Said("/tmp", "the only place that is writable, in memory"),),  # noqa: S108 - the image's own path
        ports=ports_of(said, words, notebook),
        health=said.dockerfile.health if said.dockerfile else None,
        notes=notebook.notes,
    )


def _name(text: str) -> str:
    """Return a name that an image may have."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return name or "app"
