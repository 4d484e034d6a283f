"""Options of the commands that run an image."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


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


MountOption = Annotated[
    list[str] | None,
    typer.Option("--mount", "--volume", "-v", metavar="HOST:CONTAINER", help="What it may read. Repeatable."),
]
WriteOption = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="HOST:CONTAINER", help="The one directory it may write to."),
]
EnvOption = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="NAME[=VALUE]", help="A variable; a NAME alone: your own. Repeatable."),
]
EnvFileOption = Annotated[
    list[Path] | None,
    typer.Option("--env-file", metavar="FILE", help="Variables, one NAME=VALUE a line. Repeatable."),
]
UserOption = Annotated[
    str | None,
    typer.Option("--user", "-u", metavar="UID[:GID]", help="Default: you; for root, nonroot (65532)."),
]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="What runs it.")]
NetworkOption = Annotated[NetworkName, typer.Option("--network", help="none: loopback only.")]
MemoryOption = Annotated[str | None, typer.Option("--memory", metavar="SIZE", help="The most memory, like 4g.")]
CpusOption = Annotated[float | None, typer.Option("--cpus", help="The most CPUs, like 1.5.")]
PidsOption = Annotated[int, typer.Option("--pids", help="The most processes and threads.")]
WorkdirOption = Annotated[str | None, typer.Option("--workdir", "-w", metavar="PATH", help="Where it starts.")]
EntrypointOption = Annotated[
    str | None, typer.Option("--entrypoint", metavar="PROGRAM", help="Start this in place of the image's own.")
]
PublishOption = Annotated[
    list[str] | None,
    typer.Option("--publish", "-p", metavar="[ADDRESS:]OUTSIDE:INSIDE", help="A port of this machine. Repeatable."),
]
NameOption = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the container is called.")]
DetachOption = Annotated[bool, typer.Option("--detach", "-d", help="In the background; print its name.")]
RemoveOption = Annotated[bool, typer.Option("--rm", help="With --detach: keep nothing of it after its end.")]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="Then it is told to stop (124).")
]
UlimitOption = Annotated[
    list[str] | None,
    typer.Option("--ulimit", metavar="NAME=SOFT[:HARD]", help="A limit of each process, like nofile. Repeatable."),
]
GpusOption = Annotated[
    str | None, typer.Option("--gpus", metavar="all", help="Let it use the NVIDIA GPUs, all of them.")
]
InteractiveOption = Annotated[
    bool, typer.Option("--interactive", "-i", help="Taken for Docker's sake: your input is always the program's.")
]
TtyOption = Annotated[
    bool, typer.Option("--tty", "-t", help="Taken for Docker's sake: at a terminal, the program always gets one.")
]
