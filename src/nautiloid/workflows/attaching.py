"""Attach what is known of an image to it, so that a scan heeds it and a push publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.evidence.file import MEDIA_TYPE as EVIDENCE
from nautiloid.evidence.file import read_evidence
from nautiloid.factory.lockfile import Lock
from nautiloid.oci.attachment import Attachment
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import MANIFEST, Descriptor
from nautiloid.oci.reference import parse_name
from nautiloid.sbom.attach import attach_sboms
from nautiloid.vulns.vex.openvex import MEDIA_TYPE, read_openvex
from nautiloid.workflows.shipped_vex import attach_shipped_vex
from nautiloid.workflows.user_files import read_file
from nautiloid.workflows.workspace import Workspace


@dataclass(frozen=True)
class AttachedVex:
    """What was attached.

    Attributes:
        statements: How many the document has.
        evidence: sha256 of the evidence; empty where none was given.
    """

    statements: int
    evidence: str


def attach_known(store: Layout, image: Descriptor, lock: Lock, name: str) -> None:
    """Attach to an image what its lock tells of it: SBOMs, and what is shipped about the wheels that it pins.

    Args:
        store: Holds the image.
        image: Its manifest.
        lock: What it was built from.
        name: What it is called.
    """
    attach_sboms(store, image, lock, name)
    attach_shipped_vex(store, image, lock)


def attach_vex(image: str, document: Path, workspace: Workspace, evidence: Path | None = None) -> AttachedVex:
    """Attach an OpenVEX document; one that was attached before gives way to it.

    Args:
        image: A name or digest of the store.
        document: The document.
        workspace: Where the image is.
        evidence: What ``suggest`` wrote, to be attached as well.

    Raises:
        UsageError: A file cannot be read, or the evidence is about another image.
    """
    content = read_file(document)
    statements = read_openvex(content, str(document))
    store = workspace.images
    found = store.resolve(store.known_as(parse_name(image)))
    subject = Descriptor(MANIFEST, found.digest, len(store.read_blob(found.digest)))
    sha256 = ""
    if evidence is not None:
        read, sha256 = read_evidence(evidence)
        if read.digest != found.digest:
            raise UsageError(f"{evidence} is about {read.digest}, and {image} is {found.digest}", "Trace it again.")
        store.attach(Attachment(subject, EVIDENCE, read_file(evidence), {}))
    store.attach(Attachment(subject, MEDIA_TYPE, content, {}))
    return AttachedVex(len(statements), sha256)
