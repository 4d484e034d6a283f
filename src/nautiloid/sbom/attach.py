"""Attach the SBOMs that a lock makes possible to the image that was built from it."""

from __future__ import annotations

from nautiloid import labels
from nautiloid.factory.lockfile import Lock
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor
from nautiloid.sbom import cyclonedx, spdx
from nautiloid.sbom.from_lock import sbom_of_lock

MEDIA_TYPES = {"cyclonedx": cyclonedx.MEDIA_TYPE, "spdx": spdx.MEDIA_TYPE}
"""What is attached, by the name of its form."""


def attach_sboms(layout: Layout, image: Descriptor, lock: Lock, name: str) -> None:
    """Attach a CycloneDX and an SPDX document; ones that are attached already stay as they are.

    Args:
        layout: Holds the image.
        image: Its manifest.
        lock: What it was built from.
        name: What it is called.
    """
    sbom = sbom_of_lock(lock, name, image.digest)
    made = {labels.CREATED: sbom.created}
    for media_type, text in (
        (cyclonedx.MEDIA_TYPE, cyclonedx.to_cyclonedx(sbom)),
        (spdx.MEDIA_TYPE, spdx.to_spdx(sbom)),
    ):
        layout.attach(Attachment(image, media_type, text.encode(), made))
