"""``nautiloid ps``, ``logs``, ``stop``, ``rm`` and ``debug``: containers after they were started."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import containers as known_containers
from nautiloid.cli.completing import targets
from nautiloid.cli.run_options import EngineName
from nautiloid.containers.container import ContainerError
from nautiloid.containers.known import all_containers, find_container
from nautiloid.errors import NautiloidError, UsageError
from nautiloid.report.terminal.containers import container_as_json, containers_to_lines
from nautiloid.report.words import printable
from nautiloid.workflows.debugging import debug as look_into

Name = Annotated[
    str,
    typer.Argument(
        metavar="CONTAINER",
        help="Its name, as `nautiloid ps` shows it.",
        autocompletion=known_containers,
    ),
]
Names = Annotated[
    list[str],
    typer.Argument(
        metavar="CONTAINER...",
        help="Their names.",
        autocompletion=known_containers,
    ),
]


def ps(
    every: Annotated[bool, typer.Option("--all", "-a", help="Also those that have ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the containers that `nautiloid run` started, whichever engine runs them.

    Example: `nautiloid ps --all`
    """
    found = [one for one in all_containers() if every or one.runs or one.damaged]
    if as_json:
        console.show(json.dumps(container_as_json(one)) for one in found)
    else:
        console.show(containers_to_lines(found, width=console.width()))


def logs(
    container: Name,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the container ends.")] = False,
) -> None:
    """Print what a container in the background has written; a terminal gets nothing that would command it.

    Example: `nautiloid logs --follow api`
    """
    _, keeper = find_container(container)
    pieces = keeper.log(container, follow=follow)
    if sys.stdout.isatty():
        text = codecs.iterdecode(pieces, "utf-8", errors="replace")
        for piece in text:
            sys.stdout.write("\n".join(printable(line) for line in piece.split("\n")))
            sys.stdout.flush()
        return
    for data in pieces:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def stop(
    containers: Names,
    time: Annotated[float, typer.Option("--time", "-t", metavar="SECONDS", help="How long it may take.", min=0)] = 10.0,
) -> None:
    """Tell containers to end (SIGTERM), and end them when their time is over.

    Example: `nautiloid stop --time 30 api`
    """

    def end(name: str) -> None:
        container, keeper = find_container(name)
        if container.runs:
            keeper.stop(name, time)

    _each(containers, end)


def rm(
    containers: Names,
    force: Annotated[bool, typer.Option("--force", "-f", help="Also those that run: they are stopped first.")] = False,
) -> None:
    """Forget containers that have ended, and what they wrote to their logs.

    Example: `nautiloid rm --force api`
    """

    def forget(name: str) -> None:
        container, keeper = find_container(name)
        if container.runs and not force:
            raise ContainerError(f"The container {name} runs.", f"nautiloid stop {name}, or rm --force")
        if container.runs:
            keeper.stop(name, 10.0)
        if any(one.name == name for one in keeper.all()):  # one that was started with --rm is gone by now
            keeper.remove(name)

    _each(containers, forget)


def _each(names: list[str], work: Callable[[str], None]) -> None:
    """Do something with each container, also behind one with which it fails; then fail."""
    failed = 0
    for name in names:
        try:
            work(name)
            console.show([name])
        except NautiloidError as error:
            console.complain(error.message, error.hint)
            failed = max(failed, error.exit_code)
    if failed:
        raise typer.Exit(failed)


def debug(
    target: Annotated[
        str,
        typer.Argument(
            metavar="CONTAINER|IMAGE",
            help="A container that runs, else an image.",
            autocompletion=targets,
        ),
    ],
    words: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...", help="By default a shell.")] = None,
    *,
    tools: Annotated[
        str | None,
        typer.Option(metavar="IMAGE", help="Where the tools are. Default: its -dev variant, else python-dev."),
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="What runs the tools over an image.")] = EngineName.AUTO,
) -> None:
    """Look into a container or an image that has no shell, with the tools of another image beside it.

    A container: among its processes and in its network, its files below /proc/NUMBER/root. An image: its files below
    /target, read-only.

    Example: `nautiloid debug api ls -l /proc/2/root/tmp`
    """
    if words and words[0].startswith("-"):
        raise UsageError(
            f"{words[0]} stands behind {target}, where the command to run is expected.",
            f"Options stand before it: nautiloid debug {words[0]} ... {target}",
        )
    raise typer.Exit(look_into(target, words or [], tools, engine.value, console.workspace()))
