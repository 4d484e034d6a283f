"""An image with one more layer: everything else of it stays as it is, to the last unknown field."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

from nautiloid import labels
from nautiloid.factory.encoders import encoder_for
from nautiloid.oci.documents import canonical_json
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import DOCKER_LAYER_GZIP, DOCKER_MANIFEST, LAYER_GZIP, Descriptor, Manifest
from nautiloid.oci.source import ImageSource
from nautiloid.patching.overlay import Overlay
from nautiloid.streams import blocks_of, watched
from nautiloid.version import TOOL


def write_patched(
    source: ImageSource, overlay: Overlay, store: Layout, reference: str, count: int
) -> tuple[Descriptor, int]:
    """Write the layer and the image into a store; return the image's manifest and the layer's compressed bytes.

    Args:
        source: The image below.
        overlay: What changes.
        store: Receives the image, and those of its layers that it lacks.
        reference: The new image's name.
        count: How many packages were replaced, for the history.

    Raises:
        IntegrityError: A layer of the image is not what its manifest says.
    """
    image, whole = source.image, hashlib.sha256()
    blob = store.write_blob(encoder_for("gzip").compress(watched(overlay.tar(), whole.update)))
    for layer in image.manifest.layers:
        if not store.has(layer.digest):
            with source.blobs.open_blob(layer.digest) as stream:
                store.write_blob(blocks_of(stream), layer.digest)
    config = json.loads(source.blobs.read_blob(image.manifest.config.digest))
    stamp = created(source).strftime("%Y-%m-%dT%H:%M:%SZ")
    command = f"{TOOL} patch: {count} packages"
    config["rootfs"]["diff_ids"] = [*config["rootfs"]["diff_ids"], f"sha256:{whole.hexdigest()}"]
    config["history"] = [*(config.get("history") or []), {"created": stamp, "created_by": command}]
    stored = store.write_blob([canonical_json(config)])
    docker = image.manifest.media_type == DOCKER_MANIFEST
    added = Descriptor(DOCKER_LAYER_GZIP if docker else LAYER_GZIP, blob.digest, blob.size)
    manifest = Manifest(
        Descriptor(image.manifest.config.media_type, stored.digest, stored.size),
        (*image.manifest.layers, added),
        {**image.manifest.annotations, labels.PATCHED_FROM: image.digest},
        image.manifest.media_type,
    )
    written = store.write_blob([manifest.to_json()])
    entry = Descriptor(manifest.media_type, written.digest, written.size, {}, image.config.platform)
    store.adopt_image(entry, reference)
    return entry, blob.size


def created(source: ImageSource) -> datetime:
    """Return the time of the new layer: the image's own, so that the same patch gives the same image."""
    try:
        moment = datetime.fromisoformat(source.image.config.created.replace("Z", "+00:00"))
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
