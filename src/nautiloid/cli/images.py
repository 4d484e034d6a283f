"""``nautiloid images`` and ``nautiloid tag``: what the local store holds, and by which names."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.completing import images as stored_images
from nautiloid.cli.output import TABLE, OutputOption, format_option, report
from nautiloid.factory.layer_cache import forget_loose
from nautiloid.oci.reference import parse_name
from nautiloid.report.formats.images import IMAGE_FORMATS
from nautiloid.report.terminal.images import images_to_lines
from nautiloid.report.words import size


def images(
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="NAME",
            help="Take this name away. Repeatable.",
            autocompletion=stored_images,
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what no name needs any more, and is older than an hour.")
    ] = False,
    output_format: Annotated[str, format_option(IMAGE_FORMATS)] = TABLE,
    output: OutputOption = None,
) -> None:
    """List the images of the local store: name, platforms, size and digest.

    Example: `nautiloid images --remove nautiloid/old --prune`

    For programs: `nautiloid images --format json`
    """
    workspace = console.workspace()
    store = workspace.images
    for name in remove or ():
        store.remove(store.known_as(parse_name(name)))
    if prune:
        # Layers of a build under way have no name yet; an hour is longer than any build.
        freed = store.collect_garbage()
        forget_loose(workspace.cache / "layers")
        console.show([f"Freed {size(freed)}"])
    if not (remove or prune):
        report(store, output_format, IMAGE_FORMATS, partial(images_to_lines, store), output)


def tag(
    image: Annotated[
        str,
        typer.Argument(
            help="A name or digest of the local image store.",
            autocompletion=stored_images,
        ),
    ],
    name: Annotated[str, typer.Argument(help="One more name for it.")],
) -> None:
    """Give an image of the local store one more name.

    Example: `nautiloid tag pytorch registry.example.com/team/pytorch:2.13`
    """
    store = console.workspace().images
    entry = store.descriptor_of(store.known_as(parse_name(image)))
    new = parse_name(name)
    store.adopt_image(entry, new)
    console.show([f"{new}@{entry.digest}"])
