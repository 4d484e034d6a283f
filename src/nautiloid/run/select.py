"""Choosing the engine: Docker if its daemon answers, else Podman, else the embedded one."""

from __future__ import annotations

import os

from nautiloid.errors import UsageError
from nautiloid.oci.layout import Layout
from nautiloid.places import cache_directory, images_directory
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine, EngineError
from nautiloid.run.runsc import RunscEngine

ENGINE_VARIABLE = "NAUTILOID_ENGINE"


def engines(store: Layout | None = None) -> dict[str, Engine]:
    """Return every engine by name, in order of preference.

    Args:
        store: The image store that the embedded engine reads; by default the user's.
    """
    images, cache = store or Layout(images_directory()), cache_directory()
    known = (
        DockerEngine("docker"),
        DockerEngine("podman"),
        BubblewrapEngine(images, cache),
        RunscEngine(images, cache),
    )
    return {engine.name: engine for engine in known}


def choose_engine(name: str = "auto", store: Layout | None = None) -> Engine:
    """Return the engine to use.

    Args:
        name: An engine, or ``auto``: then the variable ``NAUTILOID_ENGINE`` decides, or what works here.
        store: The image store that the embedded engine reads; by default the user's.

    Raises:
        UsageError: There is no engine of that name.
        EngineError: The engine, or each of them, does not work here.
    """
    known = engines(store)
    wanted = name if name != "auto" else os.environ.get(ENGINE_VARIABLE) or "auto"
    if wanted == "auto":
        return _first_that_works(known)
    if wanted not in known:
        raise UsageError(f"There is no engine {wanted!r}.", f"Choose auto, {', '.join(known)}.")
    availability = known[wanted].available()
    if not availability:
        raise EngineError(f"The engine {wanted} cannot be used: {availability.reason}.", availability.remedy)
    return known[wanted]


def _first_that_works(known: dict[str, Engine]) -> Engine:
    reasons = []
    for engine in (engine for engine in known.values() if engine.by_itself):
        availability = engine.available()
        if availability:
            return engine
        reasons.append(f"{availability.reason} ({availability.remedy})")
    raise EngineError(
        f"No container engine works here: {'; '.join(reasons)}.",
        "The smallest that is enough: apt-get install bubblewrap.",
    )
