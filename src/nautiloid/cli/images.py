"""``nautiloid images`` and ``nautiloid tag``: what the local store holds, and by which names."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from nautiloid.cli import console
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import parse_name
from nautiloid.places import images_directory


def images(
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="NAME", help="Take this name away. Repeatable.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Delete what no name needs any more.")] = False,
) -> None:
    """List the images of the local store: name, platforms, size and digest.

    Example: `nautiloid images --remove nautiloid/old --prune`
    """
    store = Layout(images_directory())
    for name in remove or ():
        store.remove(store.known_as(parse_name(name)))
    if prune:
        # Layers of a build under way have no name yet; an hour is longer than any build.
        console.out.print(f"Freed {console.megabytes(store.collect_garbage())}")
    if remove or prune:
        return
    table = Table("Image", "Platforms", "Size", "Digest", box=None, pad_edge=False)
    for name, entry in store.images():
        found = store.images_behind(entry)
        platforms = ", ".join(str(image.config.platform) for image in found)
        layers = {layer.digest: layer.size for image in found for layer in image.manifest.layers}
        table.add_row(name, platforms, console.megabytes(sum(layers.values())), entry.digest[:19])
    console.out.print(table)


def tag(
    image: Annotated[str, typer.Argument(help="A name or digest of the local image store.")],
    name: Annotated[str, typer.Argument(help="One more name for it.")],
) -> None:
    """Give an image of the local store one more name.

    Example: `nautiloid tag pytorch registry.example.com/team/pytorch:2.13`
    """
    store = Layout(images_directory())
    entry = store.descriptor_of(store.known_as(parse_name(image)))
    new = parse_name(name)
    store.adopt_image(entry, new)
    console.out.print(f"{new}@{entry.digest}")
