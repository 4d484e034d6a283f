"""Push what is attached to an image, and list it where the registry keeps no list itself.

Source: distribution-spec 1.1. A registry that knows referrers answers a manifest that has a subject with the header
``OCI-Subject``; for any other the client keeps an index under a tag made of the subject's digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from nautiloid.oci.documents import canonical_json, json_object, objects
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import INDEX, Descriptor, Manifest
from nautiloid.registry.errors import NotInRegistryError
from nautiloid.registry.repository import Repository


def push_attachments(store: Layout, subject: str, repository: Repository) -> int:
    """Bring all that the store has attached to an image into a repository; return how many documents there were.

    Raises:
        RegistryError: The registry refuses or fails.
    """
    entries = store.attached(subject)
    for entry in entries:
        data = store.read_blob(entry.digest)
        manifest = Manifest.from_json(data)
        for blob in (manifest.config, *manifest.layers):
            if not repository.has_blob(blob.digest):
                repository.upload_blob(blob, lambda start, blob=blob: _read(store, blob, start), _nobody)  # type: ignore[misc]
        if not repository.put_manifest(entry.digest, entry.media_type, data):
            _list_under_tag(repository, subject, entry, data)
    return len(entries)


def _read(store: Layout, blob: Descriptor, start: int) -> Iterator[bytes]:
    with store.open_blob(blob.digest) as stream:
        stream.seek(start)
        yield stream.read()


def _nobody(_: int) -> None:
    """Hear of progress, and do nothing: these documents are small."""


def _list_under_tag(repository: Repository, subject: str, entry: Descriptor, data: bytes) -> None:
    tag = subject.replace(":", "-")
    try:
        listed = objects(json_object(repository.manifest(tag).data, "index").get("manifests"))
    except NotInRegistryError:
        listed = []
    stated = json.loads(data)
    named = {
        "mediaType": entry.media_type,
        "digest": entry.digest,
        "size": entry.size,
        "artifactType": stated["artifactType"],
        "annotations": stated.get("annotations", {}),
    }
    others = [known for known in listed if known.get("digest") != entry.digest]
    index = canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [*others, named]})
    repository.put_manifest(tag, INDEX, index)
