"""Options of the commands that take an image: which one is meant, and how to talk to registries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli.completing import images as stored_images
from nautiloid.workflows.inspecting import ImageChoice

ImageArgument = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE",
        help="A name, a digest, an OCI layout, a tar, a directory, docker://NAME or docker-daemon:NAME.",
        autocompletion=stored_images,
    ),
]
PlatformOption = Annotated[
    str | None, typer.Option("--platform", metavar="OS/ARCH", help="Which image of an index. Default: this machine's.")
]
CaFileOption = Annotated[
    list[Path] | None,
    typer.Option("--ca-file", help="Trust this certificate authority as well (PEM). Repeatable."),
]
PlainHttpOption = Annotated[bool, typer.Option("--plain-http", help="Speak HTTP without TLS.")]


def image_choice(platform: str | None, ca_file: list[Path] | None, plain_http: bool) -> ImageChoice:
    """Return what the options say."""
    return ImageChoice.of(platform, ca_file or (), plain_http=plain_http)
