"""Looking into a container, or into an image, that has no shell of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import PurePosixPath

from nautiloid.containers.container import Container, ContainerError
from nautiloid.containers.known import all_containers
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import parse_name
from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import unpacked
from nautiloid.run.debugging import debug_in_engine, debug_in_namespaces
from nautiloid.run.docker import DockerEngine
from nautiloid.run.profile import HardenedProfile, Mount, User
from nautiloid.run.select import choose_engine, engines
from nautiloid.workflows.workspace import Workspace

TARGET = PurePosixPath("/target")
_TOOLS = "nautiloid/python-dev"
_SHELL = ("/bin/sh",)


def debug(name: str, words: Sequence[str], tools: str | None, engine: str, workspace: Workspace) -> int:
    """Run a program of an image with tools beside a container, or over an image's files.

    Args:
        name: A container that runs, else an image.
        words: The program and its arguments; empty means a shell.
        tools: The image with the tools; None: the image's own ``-dev`` variant if it is here, else ``python-dev``.
        engine: What runs it, for an image; a container's own engine does it for a container.
        workspace: Where images are.

    Raises:
        NautiloidError: There is no such container or image, or none with tools.
    """
    running = next((one for one in all_containers() if one.name == name), None)
    if running is not None and not running.runs:
        raise ContainerError(
            f"The container {name} has ended, and its memory with it.",
            f"Look at its image: nautiloid debug {running.image}",
        )
    if running is None:
        with open_image(name, workspace.images):  # of two images that are missing, the one that was named is told first
            pass
    chosen = tools or _tools_for(running.image if running else name, workspace.images)
    if running is None:
        return _debug_image(name, words or _SHELL, chosen, engine, workspace)
    workspace.progress.note(f"tools of {chosen}; the files of {name} lie below /proc/{_number(running)}/root")
    if running.engine == "bubblewrap":
        with open_image(chosen, workspace.images) as source:
            root = unpacked(source, workspace.cache, workspace.progress)
            return debug_in_namespaces(running.process or 0, source.image, root, words or _SHELL)
    if isinstance(known := engines(workspace.images)[running.engine], DockerEngine):
        return _debug_beside(known, name, words or _SHELL, chosen, workspace)
    raise UsageError(f"Nobody looks into a container of {running.engine}.", f"nautiloid debug {running.image}")


def _debug_beside(engine: DockerEngine, name: str, words: Sequence[str], tools: str, workspace: Workspace) -> int:
    ready = engine.make_ready(tools, workspace.images, workspace.progress)
    user = engine.ask("container", "inspect", "--format", "{{.Config.User}}", name).stdout.strip()
    return debug_in_engine(engine.name, name, user, ready.name, words, tty=_at_a_terminal())


def _debug_image(name: str, words: Sequence[str], tools: str, engine: str, workspace: Workspace) -> int:
    chosen = choose_engine(engine, workspace.images)
    with open_image(name, workspace.images) as source:
        root = unpacked(source, workspace.cache, workspace.progress)
    ready = chosen.make_ready(tools, workspace.images, workspace.progress)
    workspace.progress.note(f"tools of {tools}; the files of {name} lie below {TARGET}")
    profile = HardenedProfile(
        image=ready.name,
        args=tuple(words[1:]),
        entrypoint=(words[0],),
        mounts=(Mount(root, TARGET),),
        user=User.default(),
        interactive=True,
        tty=_at_a_terminal(),
        workdir=TARGET,
    )
    return chosen.run(profile)


def _tools_for(image: str, store: Layout) -> str:
    """Return the image's own development variant where the store has it, else the one for Python."""
    wanted = []
    try:
        parsed = parse_name(image)
        repository, _, tag = str(parsed).rpartition(":")
        wanted.append(f"{repository}-dev:{tag}")
    except NautiloidError:
        pass
    wanted.append(_TOOLS)
    known = {str(name) for name, _ in store.images()}
    for one in wanted:
        if str(parse_name(one)) in known:
            return one
    raise UsageError(
        "There is no image with tools here.", "nautiloid build python-dev makes one; or name one with --tools."
    )


def _number(container: Container) -> int:
    """Return the number of the container's program among its processes: bubblewrap itself is the first."""
    return 2 if container.engine == "bubblewrap" else 1


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
