"""Every container of this user, whichever engine has it."""

from __future__ import annotations

from nautiloid import places
from nautiloid.containers.container import Container, ContainerError, Keeper
from nautiloid.containers.docker import DockerKeeper
from nautiloid.containers.own import OwnKeeper
from nautiloid.containers.shelf import Shelf
from nautiloid.run.docker import DockerEngine


def own_shelf() -> Shelf:
    """Return where the containers are listed that no daemon keeps."""
    return Shelf(places.state_directory() / "containers")


def all_containers() -> list[Container]:
    """Return every container that runs, or has ended and was not removed, the newest first."""
    found = [container for keeper in _keepers() for container in keeper.all()]
    return sorted(found, key=lambda one: one.started, reverse=True)


def find_container(name: str) -> tuple[Container, Keeper]:
    """Return a container and who keeps it.

    Raises:
        ContainerError: There is none by that name.
    """
    for keeper in _keepers():
        for container in keeper.all():
            if container.name == name:
                return container, keeper
    raise ContainerError(f"There is no container {name!r}.", "`nautiloid ps --all` lists them.")


def _keepers() -> list[Keeper]:
    """Return our own, and of the others those whose daemon answers: one that is not there has no containers."""
    daemons = (DockerEngine("docker"), DockerEngine("podman"))
    return [OwnKeeper(own_shelf()), *(DockerKeeper(daemon) for daemon in daemons if daemon.available())]
