"""An image straight from a registry: its layers are streamed and never stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from nautiloid import bounds
from nautiloid.images.peekable import PeekableBlob
from nautiloid.oci.image import resolve_image
from nautiloid.oci.model import INDEX_TYPES, Descriptor, Manifest, Platform
from nautiloid.oci.source import ImageSource
from nautiloid.registry.connect import open_repository
from nautiloid.registry.name import parse_remote_name
from nautiloid.registry.repository import Repository
from nautiloid.registry.settings import SessionSettings


class RegistryBlobs:
    """The content of a repository, as ``Blobs`` wants it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._manifests: set[str] = set()
        self._sizes: dict[str, int] = {}

    def expect(self, entry: Descriptor) -> None:
        """Note that a digest is that of a manifest, which registries keep apart from blobs."""
        self._manifests.add(entry.digest)

    def read_blob(self, digest: str) -> bytes:
        """Return a manifest, an index or a configuration, checked."""
        if digest not in self._manifests and digest not in self._sizes:
            self._manifests.add(digest)
        if digest in self._manifests:
            document = self._repository.manifest(digest)
            self._note(document.media_type, document.data)
            return document.data
        with self.open_blob(digest) as stream:
            return stream.read(bounds.IMAGE_DOCUMENT)

    def open_blob(self, digest: str) -> BinaryIO:
        """Stream a layer or a configuration; its digest is compared at its end."""
        descriptor = Descriptor("", digest, self._sizes.get(digest, 0))
        return cast(BinaryIO, PeekableBlob(self._repository.read_blob(descriptor), digest))

    def _note(self, media_type: str, data: bytes) -> None:
        if media_type not in INDEX_TYPES:
            manifest = Manifest.from_json(data)
            self._sizes |= {part.digest: part.size for part in (manifest.config, *manifest.layers)}


@contextmanager
def open_registry_image(name: str, platform: Platform | None, settings: SessionSettings) -> Iterator[ImageSource]:
    """Lend an image of a registry.

    Args:
        name: ``[registry/]name[:tag][@digest]``.
        platform: Which image of an index; None is this machine's.
        settings: How to talk to the registry.

    Raises:
        NotInRegistryError: There is none of that name.
        RegistryError: The registry refuses or fails.
        ImageNotFoundError: There is none for this platform.
    """
    remote = parse_remote_name(name)
    with open_repository(remote, settings) as repository:
        document = repository.manifest(remote.reference)
        blobs = RegistryBlobs(repository)
        blobs.expect(document.descriptor)
        image = resolve_image(blobs, [document.descriptor], None, platform, str(remote))
        yield ImageSource(blobs, image)
