"""Reads ``.dockerignore``: docs.docker.com, "Build context". The last match decides; ``!`` takes back."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from nautiloid.factory.slim import matches
from nautiloid.project.project_text import read_text


class DockerIgnore:
    """The patterns of a project; none where it has no such file."""

    def __init__(self, root: Path) -> None:
        """Read them.

        Raises:
            ProjectError: The file cannot be read: what it keeps out of an image would slip in.
        """
        lines = (read_text(root, root / ".dockerignore") or "").splitlines()
        self._patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def ignores(self, path: str) -> bool:
        """Tell whether a path, relative to the project, stays out of the build."""
        ignored = False
        steps = [path, *(str(parent) for parent in PurePosixPath(path).parents)]
        for pattern in self._patterns:
            glob = pattern.removeprefix("!").strip("/").removeprefix("./")
            if any(matches([glob], step) for step in steps):
                ignored = not pattern.startswith("!")
        return ignored
