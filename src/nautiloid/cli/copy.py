"""``nautiloid copy``: bring an image from one registry, or repository, to another."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, image_choice
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.transfer import RemoteSource
from nautiloid.registry.transfer import push as send
from nautiloid.report.terminal.transfer import transfer_to_lines


def copy(
    source: Annotated[str, typer.Argument(help="registry/repository:tag, with all its platforms.")],
    destination: Annotated[str, typer.Argument(help="registry/repository:tag.")],
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Copy an image between registries without storing it here; within one registry, layers are only mounted.

    Example: `nautiloid copy registry.example.com/test/app:1 registry.example.com/live/app:1`
    """
    origin, target = parse_remote_name(source), parse_remote_name(destination)
    settings = image_choice(None, ca_file, plain_http).settings
    same_registry = origin.registry == target.registry
    with open_repository(origin, settings) as read, open_repository(target, settings, push=True) as write:
        moved = send(
            RemoteSource(read),
            read.manifest(origin.reference).descriptor,
            write,
            target.tag,
            mount_from=(origin.repository,) if same_registry and origin.repository != target.repository else (),
            progress=console.progress(),
        )
    console.show(transfer_to_lines(str(target), moved))
