"""Finding one image among many: what a layout and an archive have in common.

Both are a heap of blobs and an index of descriptors (OCI image-spec 1.1, image-layout.md), so that choosing
an image by reference, digest and platform is written once, here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from nautiloid import bounds, labels
from nautiloid.oci.digest import is_digest
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.model import (
    INDEX_TYPES,
    Descriptor,
    ImageConfig,
    Manifest,
    Platform,
    index_entries,
)

# buildx names an image by this annotation and puts only the tag into the standard one.
CONTAINERD_NAME = "io.containerd.image.name"


@dataclass(frozen=True)
class Image:
    """One image for one platform.

    Attributes:
        descriptor: Points at the manifest; its digest is the image's own.
        manifest: The manifest that it points at.
        config: The configuration that the manifest points at.
    """

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig

    @property
    def digest(self) -> str:
        """The digest of the manifest, by which registries name this image."""
        return self.descriptor.digest

    @property
    def config_digest(self) -> str:
        """The digest of the configuration, which classic Docker calls the image ID."""
        return self.manifest.config.digest


class Blobs(Protocol):
    """Content by digest, from a directory or from inside an archive."""

    def read_blob(self, digest: str) -> bytes:
        """Return a small blob whose digest has been checked."""
        ...

    def open_blob(self, digest: str) -> BinaryIO:
        """Open a blob of any size; its content is not checked."""
        ...


def load_image(blobs: Blobs, descriptor: Descriptor) -> Image:
    """Read the manifest that ``descriptor`` points at, and its configuration."""
    manifest = Manifest.from_json(blobs.read_blob(descriptor.digest))
    return Image(descriptor, manifest, ImageConfig.from_json(blobs.read_blob(manifest.config.digest)))


def resolve_image(
    blobs: Blobs, entries: Sequence[Descriptor], wanted: str | None, platform: Platform | None, where: str
) -> Image:
    """Choose one image of an index.

    Args:
        blobs: Where manifests and nested indexes are read.
        entries: The index.
        wanted: A reference, a digest, or None for the only image there is.
        platform: What the image must run on. None means this machine's platform where there is a choice, and
            whatever there is where there is none.
        where: The name of the store, for error messages.

    Raises:
        ImageNotFoundError: Nothing fits, or several images do.
        ImageFormatError: A manifest or configuration is damaged.
    """
    named = [entry for entry in entries if wanted is None or _goes_by(entry, wanted)]
    name = f"image {wanted}" if wanted else "image"
    if not named:
        raise ImageNotFoundError(f"There is no {name} in {where}.", _known(entries))
    candidates = [entry for top in named for entry in manifests_behind(blobs, top)]
    images = [load_image(blobs, entry) for entry in {entry.digest: entry for entry in candidates}.values()]
    fitting = _fitting(images, platform)
    if not fitting:
        offered = ", ".join(sorted({str(image.config.platform) for image in images})) or "no platform at all"
        raise ImageNotFoundError(
            f"The {name} in {where} does not run on {platform or 'this machine'}; it is for {offered}."
        )
    if len(fitting) > 1:
        raise ImageNotFoundError(f"{where} holds several images; say which one.", _known(entries))
    return fitting[0]


def references(entry: Descriptor) -> tuple[str, ...]:
    """Return the names by which an index entry goes."""
    names = (entry.annotations.get(labels.REF_NAME, ""), entry.annotations.get(CONTAINERD_NAME, ""))
    return tuple(name for name in names if name)


def _goes_by(entry: Descriptor, wanted: str) -> bool:
    return entry.digest == wanted if is_digest(wanted) else wanted in references(entry)


def _known(entries: Sequence[Descriptor]) -> str:
    names = sorted({name for entry in entries for name in references(entry)})
    return f"There are: {', '.join(names)}." if names else "It holds no named image."


def manifests_behind(blobs: Blobs, entry: Descriptor) -> Iterator[Descriptor]:
    """Yield the manifests behind an entry; attestations, whose platform is "unknown", are no images.

    An index nests once in practice (image -> platforms); a hostile one could name a thousand others, and so on.

    Raises:
        ImageFormatError: Too many documents, or too many levels of them, lie behind it.
    """
    known: set[str] = set()
    level = [entry]
    for _ in range(bounds.INDEX_DEPTH + 1):
        below: list[Descriptor] = []
        for one in level:
            if one.media_type not in INDEX_TYPES:
                if not one.platform or one.platform.os != "unknown":
                    yield one
            elif one.digest not in known:
                known.add(one.digest)
                if len(known) > bounds.IMAGE_DOCUMENTS:
                    raise ImageFormatError(f"More than {bounds.IMAGE_DOCUMENTS} indexes lie behind {entry.digest}.")
                below += index_entries(blobs.read_blob(one.digest))
        level = below
    if level:
        raise ImageFormatError(f"Indexes lie within indexes behind {entry.digest}, deeper than {bounds.INDEX_DEPTH}.")


def _fitting(images: list[Image], platform: Platform | None) -> list[Image]:
    if platform is None and len(images) == 1:
        return images
    wanted = platform or Platform.of_this_machine()
    return [image for image in images if image.config.platform.matches(wanted)]
