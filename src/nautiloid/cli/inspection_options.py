"""Options and steps that the commands around an inspection share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nautiloid.atomic import write_text
from nautiloid.cli import console
from nautiloid.inspect.inventory import Inspection
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Platform
from nautiloid.places import images_directory

ImageArgument = Annotated[
    str,
    typer.Argument(
        metavar="IMAGE",
        help="A name, a digest, an OCI layout, a tar, a directory, docker://NAME or docker-daemon:NAME.",
    ),
]
PlatformOption = Annotated[
    str | None, typer.Option("--platform", metavar="OS/ARCH", help="Which image of an index. Default: this machine's.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")
]


def inspect_named(
    name: str, platform: str | None, ca_file: list[Path] | None = None, *, plain_http: bool = False
) -> Inspection:
    """Inspect whatever a user named."""
    # Not before it is needed: a scan of an SBOM talks to no registry.
    from nautiloid.cli.registry_session import settings_of  # noqa: PLC0415
    from nautiloid.images.inspecting import inspect_anything  # noqa: PLC0415

    wanted = Platform.parse(platform) if platform else None
    store = Layout(images_directory())
    settings = settings_of(ca_file, plain_http)
    return inspect_anything(name, store, wanted, settings, console.TerminalProgress())


def deliver(text: str, output: Path | None) -> None:
    """Write a document to a file, all of it or nothing, or to standard output."""
    if output is None:
        typer.echo(text, nl=False)
        return
    write_text(output, text)
    console.err.print(f"Wrote {output}")
