"""The SBOMs that a build attached to its image."""

from __future__ import annotations

from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.model import Manifest, Platform
from nautiloid.oci.reference import parse_name
from nautiloid.sbom.attach import MEDIA_TYPES
from nautiloid.workflows.workspace import Workspace


def attached_sbom(name: str, form: str, workspace: Workspace, platform: Platform | None = None) -> str:
    """Return a document that is attached to an image of the store.

    Args:
        name: Of the image.
        form: ``cyclonedx`` or ``spdx``.
        workspace: Where the image is.
        platform: Which image of an index; by default this machine's.

    Raises:
        ImageNotFoundError: There is no such image, or nothing of that form is attached to it.
    """
    store = workspace.images
    image = store.resolve(store.known_as(parse_name(name)), platform)
    entries = store.attached(image.digest, MEDIA_TYPES[form])
    if not entries:
        raise ImageNotFoundError(f"Nothing of that kind is attached to {name}.", "'nautiloid build' attaches it.")
    document = Manifest.from_json(store.read_blob(entries[0].digest)).layers[0]
    return store.read_blob(document.digest).decode()
