"""VEX that lies with an image: OpenVEX documents that are attached to it in the local store."""

from __future__ import annotations

from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Manifest
from nautiloid.vulns.vex.openvex import MEDIA_TYPE, read_openvex
from nautiloid.vulns.vex.statement import Statement


def attached_statements(store: Layout, digest: str) -> tuple[Statement, ...]:
    """Return the statements that an image of a store carries; none for what has no digest or is not there."""
    if not digest or not store.images():
        return ()
    manifests = [Manifest.from_json(store.read_blob(entry.digest)) for entry in store.attached(digest, MEDIA_TYPE)]
    contents = [store.read_blob(manifest.layers[0].digest) for manifest in manifests]
    return tuple(one for content in contents for one in read_openvex(content, "attached to the image"))
