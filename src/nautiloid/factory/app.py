"""What a definition adds to an image of the catalog: the app, which the self-test has to know beside its base."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from nautiloid.factory.definition_file import SHIPPED, LoadedDefinition
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.wholesome import AbsolutePath, PythonRequirement


class App(BaseModel):
    """The app of an image, as it travels in the label ``org.nautiloid.app``.

    Attributes:
        requirements: What it asks of the Python index.
        modules: Its own Python files, by their paths in the image.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    requirements: tuple[PythonRequirement, ...] = ()
    modules: tuple[AbsolutePath, ...] = ()


def app_of(loaded: LoadedDefinition, lock: Lock) -> App | None:
    """Return what a definition adds; None for an image that is all of the catalog, or that adds nothing of Python.

    Args:
        loaded: Knows which requirements stand in files of the catalog.
        lock: Names the files.
    """
    if not loaded.adds_to_catalog or lock.definition.python is None:
        return None
    files = lock.definition.files
    modules = tuple(
        file.to for file in lock.files if file.to.endswith(".py") and not files[file.index].source.startswith(SHIPPED)
    )
    if not modules and not loaded.own_requirements:
        return None
    return App(requirements=loaded.own_requirements, modules=modules)
