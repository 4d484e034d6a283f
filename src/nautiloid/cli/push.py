"""``nautiloid push``: bring an image of the local store into a registry."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.image_options import CaFileOption, PlainHttpOption, image_choice
from nautiloid.oci.reference import parse_name
from nautiloid.registry.attachments import push_attachments
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.transfer import StoreSource
from nautiloid.registry.transfer import push as send
from nautiloid.report.terminal.transfer import transfer_to_lines


def push(
    image: Annotated[
        str,
        typer.Argument(
            help="A name or digest of the local image store.",
            autocompletion=stored_images,
        ),
    ],
    reference: Annotated[
        str | None, typer.Argument(help="Where to: registry/repository:tag. Default: the image's own name.")
    ] = None,
    mount_from: Annotated[
        list[str] | None,
        typer.Option("--mount-from", metavar="REPOSITORY", help="Take layers from this repository of the registry."),
    ] = None,
    attachments: Annotated[
        bool, typer.Option("--attachments/--no-attachments", help="Push its SBOMs and other documents as well.")
    ] = True,
    ca_file: CaFileOption = None,
    plain_http: PlainHttpOption = False,
) -> None:
    """Push an image, or an index with its images, to a registry.

    Only what the registry lacks is moved; an upload that breaks off goes on where it was. Credentials are those of
    `docker login` or `podman login`.

    Example: `nautiloid push pytorch registry.example.com/team/pytorch:2.13`
    """
    store = console.workspace().images
    wanted = store.known_as(parse_name(image))
    top = store.descriptor_of(wanted)
    name = parse_remote_name(reference or wanted)
    settings = image_choice(None, ca_file, plain_http).settings
    with open_repository(name, settings, push=True) as repository:
        moved = send(
            StoreSource(store), top, repository, name.tag, mount_from=mount_from or (),
            progress=console.progress(),
        )  # fmt: skip
        documents = 0
        for one in store.images_behind(top) if attachments else ():
            documents += push_attachments(store, one.digest, repository)
    if documents:
        console.show([f"{documents} documents about it (SBOM)"])
    console.show(transfer_to_lines(str(name), moved))
