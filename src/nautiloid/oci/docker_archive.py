"""An image as ``docker save`` writes it, with layers that any Docker reads.

Docker's loader knows gzip and plain tar; of zstd it knows nothing in the releases that distributions carry. Layers are
therefore written uncompressed, under the names of their diff_ids, which is what Docker checks. The image keeps its
identity in Docker (the digest of its configuration), whatever its layers were compressed with.
"""

from __future__ import annotations

import io
import tarfile

from nautiloid.oci.digest import blob_name
from nautiloid.oci.documents import canonical_json
from nautiloid.oci.model import LAYER_ZSTD, Descriptor
from nautiloid.oci.source import ImageSource
from nautiloid.progress import SILENT, Progress

_BLOCK = 1 << 20


def docker_needs_plain_layers(source: ImageSource) -> bool:
    """Tell whether Docker's loader could not read the layers as they are stored."""
    return any(layer.media_type == LAYER_ZSTD for layer in source.image.manifest.layers)


def stream_docker_archive(source: ImageSource, reference: str, stream: object, progress: Progress = SILENT) -> None:
    """Write the image to a stream that need not be seekable.

    Args:
        source: The image.
        reference: The name that Docker will know it by.
        stream: A binary file open for writing.
        progress: Hears how many layers are written.

    Raises:
        IntegrityError: A layer is not what the configuration says.
    """
    image = source.image
    names = [str(blob_name(diff_id)) for diff_id in image.config.diff_ids]
    config_name = str(blob_name(image.config_digest))
    manifest = canonical_json([{"Config": config_name, "RepoTags": [reference], "Layers": names}])
    with (
        progress.task(f"Write {reference}", total=len(names)) as task,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as archive,  # type: ignore[call-overload]
    ):
        for name, layer in zip(names, image.manifest.layers, strict=True):
            # Read twice: a tar header states the size, and decompressing is cheaper than a copy on disk.
            member = _member(name, _uncompressed_size(source, layer))
            with source.open_layer(layer) as content:
                archive.addfile(member, content)
            task.advance(1)
        with source.blobs.open_blob(image.config_digest) as config:
            archive.addfile(_member(config_name, image.manifest.config.size), config)
        archive.addfile(_member("manifest.json", len(manifest)), io.BytesIO(manifest))


def _uncompressed_size(source: ImageSource, layer: Descriptor) -> int:
    size = 0
    with source.open_layer(layer) as content:
        while block := content.read(_BLOCK):
            size += len(block)
    return size


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member
