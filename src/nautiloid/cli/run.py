"""``nautiloid run``: run an image with everything locked down."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.groups.program import misplaced
from nautiloid.cli.run_options import (
    CpusOption,
    DetachOption,
    EngineName,
    EngineOption,
    EntrypointOption,
    EnvFileOption,
    EnvOption,
    GpusOption,
    InteractiveOption,
    MemoryOption,
    MountOption,
    NameOption,
    NetworkName,
    NetworkOption,
    PidsOption,
    PublishOption,
    RemoveOption,
    TimeoutOption,
    TtyOption,
    UlimitOption,
    UserOption,
    WorkdirOption,
    WriteOption,
)
from nautiloid.cli.starting import RunChoices, start


def run(
    context: typer.Context,
    image: Annotated[
        str,
        typer.Argument(
            help="A name, a digest, an OCI layout directory or an image tar.",
            autocompletion=stored_images,
        ),
    ],
    args: Annotated[
        list[str] | None, typer.Argument(help="Arguments for the image's entry point, as they are.")
    ] = None,
    *,
    mount: MountOption = None,
    output: WriteOption = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    user: UserOption = None,
    engine: EngineOption = EngineName.AUTO,
    network: NetworkOption = NetworkName.NONE,
    memory: MemoryOption = None,
    cpus: CpusOption = None,
    pids: PidsOption = 1024,
    workdir: WorkdirOption = None,
    entrypoint: EntrypointOption = None,
    publish: PublishOption = None,
    name: NameOption = None,
    detach: DetachOption = False,
    interactive: InteractiveOption = False,
    tty: TtyOption = False,
    remove: RemoveOption = False,
    timeout: TimeoutOption = None,
    ulimit: UlimitOption = None,
    gpus: GpusOption = None,
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
    if word := misplaced(context, args):
        console.note(
            f"{word} stands behind the image, and so goes to the program; options of run stand before the image"
        )
    choices = RunChoices(
        args=args, mount=mount, output=output, env=env, env_file=env_file, user=user, engine=engine, network=network,
        memory=memory, cpus=cpus, pids=pids, workdir=workdir, entrypoint=entrypoint, publish=publish, name=name,
        detach=detach, attached=interactive or tty, remove=remove, timeout=timeout, ulimit=ulimit, gpus=gpus, show=show,
    )  # fmt: skip
    start(image, choices)
