"""``nautiloid pull``: bring an image from a registry into the local store."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, PlatformOption, image_choice
from nautiloid.oci.reference import parse_name
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.transfer import pull as fetch
from nautiloid.report.terminal.transfer import transfer_to_lines


def pull(
    reference: Annotated[str, typer.Argument(help="registry/repository:tag or registry/repository@digest.")],
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="What to call it here. Default: as it is typed.")
    ] = None,
    platform: PlatformOption = None,
    all_platforms: Annotated[bool, typer.Option("--all-platforms", help="The whole index.")] = False,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Pull an image from a registry; every byte is checked against its digest.

    Example: `nautiloid pull registry.example.com/team/pytorch:2.13`
    """
    name = parse_remote_name(reference)
    local = parse_name(tag or reference.removeprefix("docker://"))
    choice = image_choice(platform, ca_file, plain_http)
    with open_repository(name, choice.settings) as repository:
        moved = fetch(
            repository,
            name.reference,
            console.workspace().images,
            local,
            platform=choice.platform,
            everything=all_platforms,
            progress=console.progress(),
        )
    console.show(transfer_to_lines(local, moved))
