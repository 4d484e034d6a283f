"""What an image store holds."""

from __future__ import annotations

from rich.text import Text

from nautiloid.oci.layout import Layout
from nautiloid.report import words
from nautiloid.report.tables import Column, render_table

_DIGEST = 19  # "sha256:" and twelve digits, as engines show it


def images_to_lines(store: Layout, *, width: int | None) -> list[Text]:
    """Return the names of a store with their platforms, sizes (layers that images share count once) and digests."""
    columns = [
        Column("Image", fixed=True),
        Column("Platforms", drop=2),
        Column("Size", fixed=True, align="right"),
        Column("Digest", fixed=True, drop=1),
    ]
    rows = []
    for name, entry in store.images():
        found = store.images_behind(entry)
        layers = {layer.digest: layer.size for image in found for layer in image.manifest.layers}
        platforms = ", ".join(str(image.config.platform) for image in found)
        rows.append([name, platforms, words.size(sum(layers.values())), entry.digest[:_DIGEST]])
    return render_table(columns, rows, width=width)
