"""``nautiloid build``: make the image of a definition, from its lock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import (
    ArchitecturesOption,
    DefinitionArgument,
    LockedOption,
    LockOption,
    MirrorOption,
    OfflineOption,
    OutsideOption,
    SecurityMirrorOption,
)
from nautiloid.debian.mirrors import Mirrors
from nautiloid.report.terminal.build import build_to_lines, names_to_lines
from nautiloid.workflows.build import BuildOrder
from nautiloid.workflows.build import build as make


def build(
    definition: DefinitionArgument,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="The image's name. Default: nautiloid/NAME:latest.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write one tar that Docker, Podman and OCI tools read."),
    ] = None,
    load: Annotated[
        str | None, typer.Option("--load", help="Also load it into an engine: docker, podman or auto.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Give the image its name only when its self-test passes.")
    ] = True,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build even when nothing has changed.")] = False,
    locked: LockedOption = False,
    allow_outside: OutsideOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Build the image of a definition, from its lock.

    A lock that is missing is made. Where the definition, or a file that it names, was edited since, the lock is
    renewed: what the edit does not touch stays as it was, and what moves is shown. `--locked` refuses instead.

    The image lands in the local image store, where `nautiloid run` finds it. No engine and no root are needed; where
    there is an engine, the image is tested in it before it gets its name.

    Example: `nautiloid build pytorch --load docker`

    For two processors, as one index: `nautiloid build onnxruntime --arch amd64,arm64`
    """
    order = BuildOrder(
        definition,
        architectures=arch,
        lock=lock,
        tag=tag,
        archive=output,
        load=load,
        test=test,
        rebuild=rebuild,
        locked=locked,
        offline=offline,
        outside=tuple(allow_outside or ()),
        mirrors=Mirrors(mirror, security_mirror),
    )
    built = make(order, console.workspace())
    for rule in built.idle_rules:
        console.note(f"slim rule '{rule}' matched nothing")
    console.show(names_to_lines(built) if console.manner.quiet else build_to_lines(built, width=console.width()))
