"""Running an image: here and now, or in the background."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace

from nautiloid.containers.container import ContainerError, checked_name, fresh_name
from nautiloid.containers.known import all_containers, own_shelf
from nautiloid.containers.watcher import container_of, start_own
from nautiloid.errors import UsageError
from nautiloid.run.docker import DockerEngine
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile


def named(profile: HardenedProfile) -> HardenedProfile:
    """Return the profile with a name for its container.

    Raises:
        UsageError: The name that it has cannot be one.
        ContainerError: The name is taken, by whichever engine.
    """
    if profile.name is None:
        return replace(profile, name=fresh_name(profile.image))
    checked_name(profile.name)
    if any(one.name == profile.name for one in all_containers()):
        raise ContainerError(
            f"There is a container {profile.name} already.",
            f"Choose another --name, or stop and remove it: nautiloid rm --force {profile.name}",
        )
    return profile


def run_here(engine: Engine, profile: HardenedProfile, timeout: float | None) -> int:
    """Run with our standard streams, listed as long as it runs, and return the program's exit code.

    Raises:
        NautiloidError: The engine could not.
    """
    with contextlib.ExitStack() as stack:
        if not isinstance(engine, DockerEngine):
            with contextlib.suppress(OSError):  # who has no place for lists still may run
                stack.enter_context(own_shelf().listed(container_of(profile, engine, os.getpid())))
        return engine.run(profile, timeout)


def run_behind(engine: Engine, profile: HardenedProfile, *, remove: bool, timeout: float | None) -> None:
    """Start it in the background.

    Args:
        engine: What runs it.
        profile: The run, with a name.
        remove: Whether nothing is kept of it after its end.
        timeout: Seconds after which it is told to stop.

    Raises:
        NautiloidError: It did not start.
    """
    if not isinstance(engine, DockerEngine):
        start_own(own_shelf(), engine, profile, remove=remove, timeout=timeout)
    elif timeout is not None:
        raise UsageError(
            f"{engine.name} knows no time limit for a container in the background.",
            "Leave --detach or --timeout away, or use --engine bubblewrap.",
        )
    else:
        engine.start(profile, remove=remove)
