"""An image in one tar file, readable as an OCI archive and by ``docker load``.

Written: an OCI image layout (image-spec 1.1, image-layout.md) with Docker's ``manifest.json`` beside it, so
that one file serves both kinds of readers. It is deterministic: sorted names without ``./`` (some scanners
trip over it), no times, no owners, no PAX headers.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import BinaryIO

from nautiloid import labels
from nautiloid.atomic import atomic_file
from nautiloid.oci.digest import blob_name
from nautiloid.oci.documents import canonical_json
from nautiloid.oci.image import CONTAINERD_NAME, Blobs, Image
from nautiloid.oci.layout import OCI_LAYOUT
from nautiloid.oci.model import INDEX, Descriptor
from nautiloid.progress import SILENT, Progress, Task


def write_archive(blobs: Blobs, image: Image, reference: str, path: Path, progress: Progress = SILENT) -> None:
    """Write an image into one tar file; the file appears only when it is whole.

    Args:
        blobs: Where the image's content comes from, such as a ``Layout``.
        image: The image.
        reference: The name that readers will know it by.
        path: The file to write; its directory is made.
        progress: Hears how many bytes are written.
    """
    with atomic_file(path) as file:
        stream_archive(blobs, image, reference, file, progress)


def stream_archive(blobs: Blobs, image: Image, reference: str, stream: object, progress: Progress = SILENT) -> None:
    """Write the archive to a stream that need not be seekable, such as the input of ``docker load``.

    Args:
        blobs: Where the image's content comes from.
        image: The image.
        reference: The name that readers will know it by.
        stream: A binary file open for writing.
        progress: Hears how many bytes are written.
    """
    parts = {part.digest: part for part in (image.descriptor, image.manifest.config, *image.manifest.layers)}
    documents = {
        "index.json": _index(image, reference),
        "manifest.json": _docker_manifest(image, reference),
        "oci-layout": OCI_LAYOUT,
    }
    total = sum(part.size for part in parts.values())
    with (
        progress.task(f"Write {reference}", total=total, unit="bytes") as task,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive,  # type: ignore[call-overload]
    ):
        for directory in ("blobs/", "blobs/sha256/"):  # readers such as syft's make no directory that is not listed
            archive.addfile(_directory(directory))
        for digest, part in sorted(parts.items()):
            with blobs.open_blob(digest) as content:
                archive.addfile(_member(str(blob_name(digest)), part.size), _Counted(content, task))
        for name, document in documents.items():
            archive.addfile(_member(name, len(document)), io.BytesIO(document))


def docker_name(reference: str) -> str:
    """Return the full name under which Docker keeps a reference (``docker.io/library/pytorch:latest``)."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return reference
    return f"docker.io/{reference}" if slash else f"docker.io/library/{reference}"


def _index(image: Image, reference: str) -> bytes:
    entry = Descriptor(
        image.descriptor.media_type,
        image.digest,
        image.descriptor.size,
        {labels.REF_NAME: reference, CONTAINERD_NAME: docker_name(reference)},
        image.config.platform,
    )
    return canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry.to_dict()]})


def _docker_manifest(image: Image, reference: str) -> bytes:
    return canonical_json(
        [
            {
                "Config": str(blob_name(image.config_digest)),
                "RepoTags": [reference],
                "Layers": [str(blob_name(layer.digest)) for layer in image.manifest.layers],
            }
        ]
    )


def _directory(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o755
    return member


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


class _Counted(io.RawIOBase):
    """Lets a progress task see the bytes go by."""

    def __init__(self, content: BinaryIO, task: Task) -> None:
        self._content, self._task = content, task

    def read(self, size: int = -1) -> bytes:
        chunk = self._content.read(size)
        self._task.advance(len(chunk))
        return chunk
