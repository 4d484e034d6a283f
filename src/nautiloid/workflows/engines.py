"""Images on their way to engines and archives."""

from __future__ import annotations

from pathlib import Path

from nautiloid.oci.archive import write_archive
from nautiloid.oci.source import open_image
from nautiloid.run.engine import Engine, EngineError
from nautiloid.run.select import choose_engine
from nautiloid.workflows.workspace import Workspace


def engine_for_tests(workspace: Workspace) -> Engine | None:
    """Return an engine, or None where none works: building needs no engine, so that is said and no error."""
    try:
        return choose_engine("auto", workspace.images)
    except EngineError as error:
        workspace.progress.note(f"note: the image is not started for its self-test: {error.message}")
        return None


def load_into(engine: str, reference: str, workspace: Workspace) -> None:
    """Give an image of the store to an engine, unless it has it.

    Raises:
        EngineError: There is no such engine, or it refuses.
    """
    chosen = choose_engine(engine)
    with open_image(reference, workspace.images) as source:
        if not chosen.holds(source.image, reference):
            chosen.load(source, reference, workspace.progress)


def save_archive(reference: str, path: Path, workspace: Workspace) -> None:
    """Write an image of the store into one tar that Docker, Podman and OCI tools read."""
    write_archive(workspace.images, workspace.images.resolve(reference), reference, path, workspace.progress)
