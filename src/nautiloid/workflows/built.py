"""Finding the image that was built from a lock, whatever it is called."""

from __future__ import annotations

from nautiloid import labels
from nautiloid.factory.lockfile import Lock
from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout


def image_built_from(store: Layout, lock: Lock) -> Image | None:
    """Return the image of a store that names this very lock; None where none does."""
    for _, entry in store.images():
        for image in store.images_behind(entry):
            if image.manifest.annotations.get(labels.LOCK) == lock.digest:
                return image
    return None
