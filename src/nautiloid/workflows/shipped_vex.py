"""What Nautiloid itself states about wheels that its catalog locks, attached to the images that hold them.

A statement is about one version of one wheel: an image with another version gets none, and its findings stay.
"""

from __future__ import annotations

import json

from nautiloid import catalog
from nautiloid.factory.lockfile import Lock
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor, Manifest
from nautiloid.packages.purl import pypi_purl
from nautiloid.vulns.vex.openvex import MEDIA_TYPE, read_openvex


def attach_shipped_vex(store: Layout, image: Descriptor, lock: Lock) -> None:
    """Attach the document that speaks of a wheel of the lock; what somebody else attached stays.

    An image has one OpenVEX document. What was shipped with an earlier version of Nautiloid gives way.
    """
    wheels = {pypi_purl(wheel.name, wheel.version) for wheel in lock.wheels}
    for path in catalog.vex_documents():
        content = path.read_bytes()
        products = {
            name
            for statement in read_openvex(content, path.name)
            for product in statement.products
            for name in product.identities
        }
        if products & wheels and _may_attach(store, image, content):
            store.attach(Attachment(image, MEDIA_TYPE, content, {}))
            return


def _may_attach(store: Layout, image: Descriptor, content: bytes) -> bool:
    there = [Manifest.from_json(store.read_blob(entry.digest)) for entry in store.attached(image.digest, MEDIA_TYPE)]
    shipped = json.loads(content)["@id"]
    return all(json.loads(store.read_blob(one.layers[0].digest)).get("@id") == shipped for one in there)
