"""What a build says of an image, and what is found in it: two independent ways to the same list."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from nautiloid.inspection.image import inspect_image
from nautiloid.oci.model import Manifest
from nautiloid.oci.source import open_image
from nautiloid.sbom.attach import attach_sboms
from nautiloid.sbom.cyclonedx import MEDIA_TYPE, to_cyclonedx
from nautiloid.sbom.model import sbom_of_inspection

from ..conftest import Built

pytestmark = pytest.mark.network


@pytest.mark.parametrize("name", ["python", "pytorch"])
def test_the_sbom_of_the_lock_and_the_sbom_of_the_image_agree(built: Callable[[str], Built], name: str) -> None:
    image = built(name)
    reference = image.result.reference
    attach_sboms(image.layout, image.result.descriptor, image.lock, reference)
    attach_sboms(image.layout, image.result.descriptor, image.lock, reference)
    (entry,) = image.layout.attached(image.result.descriptor.digest, MEDIA_TYPE)
    manifest = Manifest.from_json(image.layout.read_blob(entry.digest))
    said = json.loads(image.layout.read_blob(manifest.layers[0].digest))
    with open_image(reference, image.layout) as source:
        found = json.loads(to_cyclonedx(sbom_of_inspection(inspect_image(source, reference))))
    libraries = [{c["purl"] for c in sbom["components"] if c["type"] == "library"} for sbom in (said, found)]
    assert libraries[0] == libraries[1]
    assert len(libraries[0]) == len(image.lock.debs) + len(image.lock.wheels)
    assert all(c["hashes"] for c in said["components"])
    assert any(p["name"] == "nautiloid:slim:documentation" for p in said["metadata"]["component"]["properties"])
    assert image.layout.resolve(reference).digest == image.result.descriptor.digest, "an attachment is no image"
