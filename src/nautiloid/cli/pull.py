"""``nautiloid pull``: bring an image from a registry into the local store."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.registry_options import CaFileOption, PlainHttpOption
from nautiloid.cli.registry_session import print_moved, settings_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.oci.reference import parse_name
from nautiloid.places import images_directory
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.transfer import pull as fetch


def pull(
    reference: Annotated[str, typer.Argument(help="registry/repository:tag or registry/repository@digest.")],
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="What to call it here. Default: as it is typed.")
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option("--platform", metavar="OS/ARCH", help="Which image of an index. Default: this machine's."),
    ] = None,
    all_platforms: Annotated[bool, typer.Option("--all-platforms", help="The whole index.")] = False,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Pull an image from a registry; every byte is checked against its digest.

    Example: `nautiloid pull registry.example.com/team/pytorch:2.13`
    """
    name = parse_remote_name(reference)
    local = parse_name(tag or reference.removeprefix("docker://"))
    with open_repository(name, settings_of(ca_file, plain_http)) as repository:
        moved = fetch(
            repository,
            name.reference,
            Layout(images_directory()),
            local,
            platform=Platform.parse(platform) if platform else None,
            everything=all_platforms,
            progress=console.TerminalProgress(),
        )
    print_moved(local, moved)
