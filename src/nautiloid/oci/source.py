"""One way to read any image, be it in the local store, a layout or an archive; layers come decompressed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from nautiloid.errors import IntegrityError
from nautiloid.oci.archive_reader import Archive
from nautiloid.oci.decompression import DAMAGED, decompressed
from nautiloid.oci.errors import ImageFormatError
from nautiloid.oci.image import Blobs, Image
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor, Platform
from nautiloid.oci.reference import parse_reference


class ImageSource:
    """One image and the way to its content.

    Attributes:
        image: Its descriptor, manifest and configuration.
        blobs: Its content as stored, by digest.
    """

    def __init__(self, blobs: Blobs, image: Image) -> None:
        self.blobs = blobs
        self.image = image

    def open_layer(self, layer: Descriptor) -> BinaryIO:
        """Open a layer as an uncompressed tar.

        Reading it to its end checks it against the configuration's diff_id and raises ``IntegrityError``
        where it differs.

        Args:
            layer: One of ``image.manifest.layers``.

        Raises:
            ImageFormatError: The configuration does not list it.
        """
        position = self.image.manifest.layers.index(layer)
        try:
            diff_id = self.image.config.diff_ids[position]
        except IndexError as error:
            raise ImageFormatError(f"The image's configuration has no diff_id for layer {layer.digest}.") from error
        stored = self.blobs.open_blob(layer.digest)
        return io.BufferedReader(_CheckedLayer(decompressed(stored), stored, diff_id), 1 << 20)


@contextmanager
def open_image(name: str, store: Layout, platform: Platform | None = None) -> Iterator[ImageSource]:
    """Find an image by whatever a user may type for it (see ``parse_reference``) and lend it.

    Args:
        name: A name, a digest or a path.
        store: Where names and digests are looked up.
        platform: What the image must run on; None leaves the choice to this machine.

    Raises:
        UsageError: The name is not well-formed.
        ImageNotFoundError: There is no such image.
        ImageFormatError: The image is damaged.
    """
    reference = parse_reference(name)
    if reference.path is None or reference.path.is_dir():
        layout = Layout(reference.path) if reference.path else store
        wanted = layout.known_as(reference.name) if reference.name else None
        yield ImageSource(layout, layout.resolve(wanted, platform))
    else:
        with Archive(reference.path) as archive:
            yield ImageSource(archive, archive.resolve(reference.name, platform))


class _CheckedLayer(io.RawIOBase):
    """Hashes what is read, and compares at the end."""

    def __init__(self, content: BinaryIO, stored: BinaryIO, diff_id: str) -> None:
        self._content, self._stored, self._diff_id = content, stored, diff_id
        self._hasher = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._content.read(len(buffer))
        except DAMAGED as error:
            raise IntegrityError(f"The layer with diff_id {self._diff_id} is damaged: {error}.") from error
        buffer[: len(chunk)] = chunk
        self._hasher.update(chunk)
        if not chunk and f"sha256:{self._hasher.hexdigest()}" != self._diff_id:
            raise IntegrityError(
                f"The layer with diff_id {self._diff_id} holds something else.",
                "Make or fetch the image again.",
            )
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._content.close()
            self._stored.close()
        super().close()
