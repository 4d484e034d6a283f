"""``nautiloid run``: run an image with everything locked down."""

from __future__ import annotations

import sys
import threading
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.errors import UsageError
from nautiloid.run.output import is_given
from nautiloid.run.ports import Port
from nautiloid.run.profile import HardenedProfile, Mount, User, parse_size, tmpfs_of
from nautiloid.run.select import choose_engine
from nautiloid.run.ulimits import Ulimit
from nautiloid.workflows.running import named, run_behind, run_here


class EngineName(StrEnum):
    """What ``--engine`` takes."""

    AUTO = "auto"
    DOCKER = "docker"
    PODMAN = "podman"
    BUBBLEWRAP = "bubblewrap"
    RUNSC = "runsc"


class NetworkName(StrEnum):
    """What ``--network`` takes."""

    NONE = "none"
    HOST = "host"


def run(
    image: Annotated[str, typer.Argument(help="A name, a digest, an OCI layout directory or an image tar.")],
    args: Annotated[
        list[str] | None, typer.Argument(help="Arguments for the image's entry point, as they are.")
    ] = None,
    *,
    mount: Annotated[
        list[str] | None,
        typer.Option("--mount", "-v", metavar="HOST:CONTAINER", help="What it may read. Repeatable."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="HOST:CONTAINER", help="The one directory it may write to."),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", "-e", metavar="NAME=VALUE", help="A variable. Repeatable."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", "-u", metavar="UID[:GID]", help="Default: you; for root, nonroot (65532)."),
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What runs it.")] = EngineName.AUTO,
    network: Annotated[NetworkName, typer.Option(help="none: loopback only.")] = NetworkName.NONE,
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="The most memory, like 4g.")] = None,
    cpus: Annotated[float | None, typer.Option(help="The most CPUs, like 1.5.")] = None,
    pids: Annotated[int, typer.Option(help="The most processes and threads.")] = 1024,
    workdir: Annotated[str | None, typer.Option("--workdir", "-w", metavar="PATH", help="Where it starts.")] = None,
    entrypoint: Annotated[
        str | None, typer.Option("--entrypoint", metavar="PROGRAM", help="Start this in place of the image's own.")
    ] = None,
    publish: Annotated[
        list[str] | None,
        typer.Option("--publish", "-p", metavar="[ADDRESS:]OUTSIDE:INSIDE", help="A port of this machine. Repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What the container is called.")] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="In the background; print its name.")] = False,
    remove: Annotated[bool, typer.Option("--rm", help="With --detach: keep nothing of it after its end.")] = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Then it is told to stop (124).")] = None,
    ulimit: Annotated[
        list[str] | None,
        typer.Option("--ulimit", metavar="NAME=SOFT[:HARD]", help="A limit of each process, like nofile. Repeatable."),
    ] = None,
    gpus: Annotated[bool, typer.Option("--gpus", help="Let it use the NVIDIA GPUs.")] = False,
    show: Annotated[bool, typer.Option("--print", help="Print the engine's command instead of running it.")] = False,
) -> None:
    """Run an image with everything locked down.

    The root file system is read-only, all capabilities are dropped, no privilege can be gained, and there is
    no network. What follows IMAGE belongs to the program. Its exit code is passed on.

    Example: train on photos that cannot be changed, into one directory:

        nautiloid run -v ./photos:/data -o ./out:/out octopus-detector -m octopus_detector train --data /data -o /out/m

    Serve in the background, for this machine alone, then see what it says and end it:

        nautiloid run -d --name api -p 8080:8000 nautiloid/my-api && nautiloid logs -f api; nautiloid stop api

    See what would be run:

        nautiloid run --print nautiloid/pytorch -c "import torch"
    """
    store = console.workspace().images
    chosen = choose_engine(engine.value, store)
    ready = chosen.make_ready(image, store, console.progress())
    profile = HardenedProfile(
        image=ready.name,
        args=tuple(args or ()),
        mounts=tuple(Mount.parse(text) for text in mount or ()),
        output=Mount.parse(output) if output else None,
        user=User.parse(user) if user else User.default(),
        network=network.value,
        tmpfs=tmpfs_of(ready.labels),
        pids=pids,
        memory=parse_size(memory) if memory else None,
        cpus=cpus,
        environment=dict(_variable(text) for text in env or ()),
        workdir=PurePosixPath(workdir) if workdir else None,
        entrypoint=(entrypoint,) if entrypoint else None,
        interactive=not detach,
        tty=not detach and sys.stdin.isatty() and sys.stdout.isatty(),
        gpus=gpus,
        ulimits=tuple(Ulimit.parse(text) for text in ulimit or ()),
        name=name,
        ports=tuple(Port.parse(text) for text in publish or ()),
    )
    if timeout is not None and not 0 < timeout < threading.TIMEOUT_MAX:
        raise UsageError(f"A program cannot be given {timeout:g} seconds.", "Choose a number above 0.")
    for closed in profile.closed_mounts():
        console.note(
            f"user {profile.user} may not read {closed.source}; change its permissions, or choose its owner with --user"
        )
    if profile.output and not show and profile.output.source.is_dir() and is_given(profile.output.source, profile.user):
        console.note(f"{profile.output.source} is root's and empty: it is given to {profile.user}, who writes there")
    for shortcoming in chosen.shortcomings(profile):
        console.note(shortcoming)
    if show:
        console.out.out(chosen.shell_line(profile), highlight=False)
        return
    profile = named(profile)
    if not detach:
        raise typer.Exit(run_here(chosen, profile, timeout))
    run_behind(chosen, profile, remove=remove, timeout=timeout)
    console.show([profile.name or ""])


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"{text!r} is not a variable.", "Write NAME=VALUE.")
    return name, value
