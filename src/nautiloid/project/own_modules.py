"""A project's own modules: which names they have, and where Python finds them in the image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from nautiloid.project.facts import Said
from nautiloid.project.project_files import ProjectFiles, python_files


def own_modules(root: Path, files: ProjectFiles) -> set[str]:
    """Return the top-level names that are the project's own: beside any of its scripts, at its root, or under src."""
    places = {root, root / "src"} | {path.parent for path in python_files(root, files)}
    found: set[str] = set()
    for place in places:
        if place.is_dir():
            found |= {path.stem for path in place.glob("*.py")}
            found |= {path.name for path in place.iterdir() if path.is_dir() and path.name.isidentifier()}
    return found


def python_path(
    root: Path, files: ProjectFiles, words: Sequence[str], env: dict[str, Said[str]]
) -> dict[str, Said[str]]:
    """Return PYTHONPATH where the program's own modules do not lie beside the script that is started.

    Args:
        root: The project's directory.
        files: What goes into the image.
        words: The command that is started.
        env: The variables that the image has anyway.
    """
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
