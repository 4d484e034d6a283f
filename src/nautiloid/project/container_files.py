"""How the project is run in containers so far: its Dockerfile, as the Compose file builds and starts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nautiloid.project.compose import ComposeService, read_compose
from nautiloid.project.dockerfile import FILE, Dockerfile, read_dockerfile
from nautiloid.project.facts import Notebook


def read_container_files(root: Path, notebook: Notebook) -> Dockerfile | None:
    """Read the Compose file and the Dockerfile; None where there is no Dockerfile.

    Args:
        root: The project's directory.
        notebook: Hears of what is not understood.

    Raises:
        ProjectError: One of them cannot be read.
    """
    service = read_compose(root, notebook)
    file = service.dockerfile if service else FILE
    dockerfile = read_dockerfile(root, notebook, file=file, target=service.target if service else "")
    if dockerfile is None and service is not None:
        notebook.add(f"service {service.name}", f"is built by {file}, which does not exist here")
    return _as_composed(dockerfile, service) if dockerfile and service else dockerfile


def _as_composed(dockerfile: Dockerfile, service: ComposeService) -> Dockerfile:
    """Lay what the service says over the Dockerfile; another entry point drops the image's command, as for Compose."""
    kept = dockerfile.command if service.entrypoint is None else None
    return replace(
        dockerfile,
        entrypoint=service.entrypoint or dockerfile.entrypoint,
        command=service.command or kept,
        workdir=service.workdir or dockerfile.workdir,
        user=service.user or dockerfile.user,
        env={**dockerfile.env, **service.env},
        ports=[*dockerfile.ports, *service.ports],
        health=service.health or dockerfile.health,
    )
