"""Start an image as the options of a command say, here or in the background."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import typer

from nautiloid.cli import console
from nautiloid.cli.run_options import EngineName, NetworkName
from nautiloid.errors import UsageError
from nautiloid.run.engine import NOT_FOUND, Engine, how_to_look
from nautiloid.run.output import is_given
from nautiloid.run.ports import Port, unpublished
from nautiloid.run.profile import HardenedProfile, Mount, User, parse_size, tmpfs_of
from nautiloid.run.select import choose_engine
from nautiloid.run.ulimits import Ulimit
from nautiloid.run.variables import read_variables
from nautiloid.workflows.running import named, run_behind, run_here

_KILLED = 128 + signal.SIGKILL


@dataclass(frozen=True, kw_only=True)
class RunChoices:
    """What the options say, as they were typed; each option says what it means."""

    args: list[str] | None = None
    mount: list[str] | None = None
    output: str | None = None
    env: list[str] | None = None
    env_file: list[Path] | None = None
    user: str | None = None
    engine: EngineName = EngineName.AUTO
    network: NetworkName = NetworkName.NONE
    memory: str | None = None
    cpus: float | None = None
    pids: int = 1024
    workdir: str | None = None
    entrypoint: str | None = None
    publish: list[str] | None = None
    name: str | None = None
    detach: bool = False
    attached: bool = False
    remove: bool = False
    timeout: float | None = None
    ulimit: list[str] | None = None
    gpus: str | None = None
    show: bool = False


def start(image: str, choices: RunChoices) -> None:
    """Run an image, or print the engine's command; ends the command with the program's exit code.

    Raises:
        NautiloidError: An option is wrong, or the engine could not.
    """
    if choices.gpus not in (None, "all"):
        raise UsageError(f"{choices.gpus!r} is no choice of GPUs: a run gets all or none.", "Write --gpus all.")
    if choices.timeout is not None and not 0 < choices.timeout < threading.TIMEOUT_MAX:
        raise UsageError(f"A program cannot be given {choices.timeout:g} seconds.", "Choose a number above 0.")
    store = console.workspace().images
    engine = choose_engine(choices.engine.value, store)
    variables = read_variables(choices.env or (), choices.env_file or ())
    ready = engine.make_ready(image, store, console.progress())
    profile = _profile(ready.name, ready.labels, choices, variables.values)
    for name in variables.missing:
        console.note(f"{name} is not set here, and so not in the container")
    if choices.detach and choices.attached:
        console.note("a program in the background has no input and no terminal: -i and -t do nothing beside --detach")
    _warn(engine, profile, ready.exposed_ports, show=choices.show)
    if choices.show:
        console.out.out(engine.shell_line(profile), highlight=False)
        return
    profile = named(profile)
    if not choices.detach:
        code = run_here(engine, profile, choices.timeout)
        if code == NOT_FOUND and not engine.looks_first:
            console.note(f"{code} may mean that the image has no such program. {how_to_look('sh', profile.image)}")
        if code == _KILLED and profile.memory:
            console.note(
                f"{code} says that the program was killed; with --memory, mostly because it wanted more than that"
            )
        raise typer.Exit(code)
    run_behind(engine, profile, remove=choices.remove, timeout=choices.timeout)
    console.show([profile.name or ""])


def _warn(engine: Engine, profile: HardenedProfile, exposed: Sequence[str], *, show: bool) -> None:
    for closed in profile.closed_mounts():
        console.note(
            f"user {profile.user} may not read {closed.source}; change its permissions, or choose its owner with --user"
        )
    if profile.output and not show and profile.output.source.is_dir() and is_given(profile.output.source, profile.user):
        console.note(f"{profile.output.source} is root's and empty: it is given to {profile.user}, who writes there")
    closed_ports = unpublished(exposed, profile.ports) if profile.network == NetworkName.NONE.value else ()
    if closed_ports:
        options = " ".join(f"-p {port}:{port}" for port in closed_ports)
        console.note(f"the image says that it listens on a port, and nothing leads there; publish it with {options}")
    for shortcoming in engine.shortcomings(profile):
        console.note(shortcoming)


def _profile(
    image: str, labels: Mapping[str, str], choices: RunChoices, variables: Mapping[str, str]
) -> HardenedProfile:
    return HardenedProfile(
        image=image,
        args=tuple(choices.args or ()),
        mounts=tuple(Mount.parse(text) for text in choices.mount or ()),
        output=Mount.parse(choices.output, "rw") if choices.output is not None else None,
        user=User.parse(choices.user) if choices.user is not None else User.default(),
        network=choices.network.value,
        tmpfs=tmpfs_of(labels),
        pids=choices.pids,
        memory=parse_size(choices.memory) if choices.memory is not None else None,
        cpus=choices.cpus,
        environment=variables,
        workdir=PurePosixPath(choices.workdir) if choices.workdir is not None else None,
        entrypoint=_program(choices.entrypoint),
        interactive=not choices.detach,
        tty=not choices.detach and sys.stdin.isatty() and sys.stdout.isatty(),
        gpus=choices.gpus is not None,
        ulimits=tuple(Ulimit.parse(text) for text in choices.ulimit or ()),
        name=choices.name,
        ports=tuple(Port.parse(text) for text in choices.publish or ()),
    )


def _program(typed: str | None) -> tuple[str, ...] | None:
    if typed == "":
        raise UsageError("--entrypoint names no program.", "Name the one to start, like --entrypoint /usr/bin/python3.")
    return (typed,) if typed else None
