"""Documents about an image, such as an SBOM: manifests of their own that name the image as their subject.

Source: OCI image-spec 1.1, manifest.md ("Guidelines for Artifact Usage") and distribution-spec 1.1 (referrers). In a
layout's index their platform is ``unknown/unknown``, as buildx marks its attestations, so that nobody takes them for
images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nautiloid import labels
from nautiloid.oci.digest import digest_of
from nautiloid.oci.documents import canonical_json
from nautiloid.oci.model import MANIFEST, Descriptor, Platform

EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EMPTY = b"{}"
NO_PLATFORM = Platform("unknown", "unknown")


@dataclass(frozen=True)
class Attachment:
    """A document about an image.

    Attributes:
        subject: The image's manifest.
        artifact_type: What kind of document it is; also the media type of its content.
        content: The document.
        annotations: Go into its manifest.
    """

    subject: Descriptor
    artifact_type: str
    content: bytes
    annotations: Mapping[str, str]

    @property
    def manifest(self) -> bytes:
        """The manifest that binds the document to its subject."""
        data: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": self.artifact_type,
            "config": {"mediaType": EMPTY_TYPE, "digest": digest_of(EMPTY), "size": len(EMPTY)},
            "layers": [{"mediaType": self.artifact_type, "digest": digest_of(self.content), "size": len(self.content)}],
            "subject": {
                "mediaType": self.subject.media_type,
                "digest": self.subject.digest,
                "size": self.subject.size,
            },
            "annotations": dict(self.annotations),
        }
        return canonical_json(data)

    @property
    def entry(self) -> Descriptor:
        """How a layout's index names it."""
        marks = {labels.ATTACHED_TO: self.subject.digest, labels.ATTACHED_TYPE: self.artifact_type}
        return Descriptor(MANIFEST, digest_of(self.manifest), len(self.manifest), marks, NO_PLATFORM)
