"""What an image store holds."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table

_DIGEST = 19  # "sha256:" and twelve digits, as engines show it on a terminal


def content_size(images: Iterable[Image]) -> int:
    """Return the bytes of the layers of images; those that they share count once."""
    return sum({layer.digest: layer.size for image in images for layer in image.manifest.layers}.values())


def images_to_lines(store: Layout, *, width: int | None) -> list[Text]:
    """Return the names of a store with their platforms, sizes (layers that images share count once) and digests."""
    columns = [
        Column("Image", fixed=True),
        Column("Platforms", wrap=True),
        Column("Size", fixed=True, align="right"),
        Column("Digest", fixed=True),
    ]
    shown = None if width is None else _DIGEST
    rows = []
    for name, entry in store.images():
        found = store.images_behind(entry)
        platforms = ", ".join(str(image.config.platform) for image in found)
        rows.append([name, platforms, words.size(content_size(found)), entry.digest[:shown]])
    return render_table(columns, rows, width=width)
