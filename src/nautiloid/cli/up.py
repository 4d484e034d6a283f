"""``nautiloid up``: from a Python project to its program in a hardened container, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import LockedOption, OfflineOption, OutsideOption
from nautiloid.cli.groups.program import program_of
from nautiloid.cli.run_options import (
    DetachOption,
    EngineName,
    EngineOption,
    EnvFileOption,
    EnvOption,
    GpusOption,
    InteractiveOption,
    MountOption,
    NameOption,
    NetworkName,
    NetworkOption,
    PublishOption,
    RemoveOption,
    TimeoutOption,
    TtyOption,
    WorkdirOption,
    WriteOption,
)
from nautiloid.cli.starting import RunChoices, start
from nautiloid.errors import UsageError
from nautiloid.report.terminal.build import build_to_lines
from nautiloid.workflows.build import BuildOrder, build


def up(
    context: typer.Context,
    directory: Annotated[
        Path,
        typer.Argument(metavar="[DIRECTORY]", help="The project. Default: the current directory.", show_default=False),
    ] = Path(),
    *,
    locked: LockedOption = False,
    offline: OfflineOption = False,
    allow_outside: OutsideOption = None,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Run a new image only when its self-test passes.")
    ] = True,
    mount: MountOption = None,
    output: WriteOption = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    engine: EngineOption = EngineName.AUTO,
    network: NetworkOption = NetworkName.NONE,
    workdir: WorkdirOption = None,
    publish: PublishOption = None,
    name: NameOption = None,
    detach: DetachOption = False,
    interactive: InteractiveOption = False,
    tty: TtyOption = False,
    remove: RemoveOption = False,
    timeout: TimeoutOption = None,
    gpus: GpusOption = None,
) -> None:
    """Run a Python project hardened: write its definition, lock, build and test what is not there yet, then run it.

    What is done already is not done again: of a project that nobody has edited, only the run is left. What follows `--`
    goes to the program, behind the image's command; its exit code is passed on. Options of the run are those of
    `nautiloid run`.

    Example: `nautiloid up`

    With arguments, and a directory to write to: `nautiloid up ./digits -o ./out:/out -- --epochs 3`

    Serve in the background: `nautiloid up -d --name api -p 8080:8000`
    """
    if not directory.is_dir():
        raise UsageError(f"there is no directory {directory}", "Name the project's, or go there.")
    if not (directory / "nautiloid.yaml").exists():
        _draft(directory)
    outside = tuple(allow_outside or ())
    order = BuildOrder(str(directory), test=test, locked=locked, offline=offline, outside=outside)
    built = build(order, console.workspace())
    for rule in built.idle_rules:
        console.note(f"slim rule '{rule}' matched nothing")
    if built.results:
        for text in build_to_lines(built, width=None):
            console.remark(text.plain)
    words = program_of(context)
    if words:
        # Arguments of `run` take the place of the image's command, and with it that of the script which Python starts.
        words = [*console.workspace().images.resolve(built.reference).config.cmd, *words]
    choices = RunChoices(
        args=words, mount=mount, output=output, env=env, env_file=env_file, engine=engine,
        network=network, workdir=workdir, publish=publish, name=name, detach=detach, attached=interactive or tty,
        remove=remove, timeout=timeout, gpus=gpus,
    )  # fmt: skip
    start(built.reference, choices)


def _draft(directory: Path) -> None:
    # What reads projects takes a tenth of a second to import, and all runs but the first do without it.
    from nautiloid.cli.init import draft_to_lines, remark_on  # noqa: PLC0415
    from nautiloid.project.draft import write_draft  # noqa: PLC0415
    from nautiloid.project.survey import draft_definition  # noqa: PLC0415

    draft = draft_definition(directory)
    for line in draft_to_lines(draft, write_draft(draft.to_yaml(), directory, force=False)):
        console.remark(line)
    remark_on(draft)
