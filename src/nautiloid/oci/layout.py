"""An OCI image layout: a directory of blobs and one index, holding any number of images.

Source: OCI image-spec 1.1, image-layout.md. It is also the local image store. Several processes may use one
layout at once: blobs appear whole under the name of their digest, and the index changes under a lock and by
renaming.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from nautiloid import bounds, labels
from nautiloid.atomic import write_text
from nautiloid.errors import IntegrityError
from nautiloid.oci.attachment import EMPTY, Attachment
from nautiloid.oci.digest import blob_name, digest_of
from nautiloid.oci.documents import canonical_json, json_object, objects
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.image import Image, load_image, manifests_behind, references, resolve_image
from nautiloid.oci.model import (
    CONFIG,
    INDEX,
    INDEX_TYPES,
    MANIFEST,
    Descriptor,
    ImageConfig,
    Manifest,
    Platform,
    index_entries,
)
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.regular_file import open_regular, read_regular

_NEW = ".new-"
OCI_LAYOUT = canonical_json({"imageLayoutVersion": "1.0.0"})

# Manifests and configurations are kilobytes; registries refuse more than 4 MiB (distribution-spec 1.1).


@dataclass(frozen=True)
class Blob:
    """A stored piece of content: its digest, and its size in bytes."""

    digest: str
    size: int


class Layout:
    """One OCI image layout on disk.

    Reading never makes anything; the first write makes the directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    # -- blobs -------------------------------------------------------------------------------------

    def blob_path(self, digest: str) -> Path:
        """Return where the blob lies, or would lie.

        Raises:
            ImageFormatError: ``digest`` is not a sha256 digest.
        """
        return self.directory / blob_name(digest)

    def has(self, digest: str) -> bool:
        """Tell whether the blob is here."""
        return self.blob_path(digest).is_file()

    def write_blob(self, chunks: Iterable[bytes], expected: str | None = None) -> Blob:
        """Store content that arrives in pieces, and return its digest and size.

        Args:
            chunks: The content.
            expected: The digest that it must have; other content is not kept.

        Raises:
            IntegrityError: It has another.
        """
        hasher, size = hashlib.sha256(), 0
        with self._new_file() as path:
            with path.open("wb") as file:
                for chunk in chunks:
                    hasher.update(chunk)
                    size += file.write(chunk)
            digest = f"sha256:{hasher.hexdigest()}"
            if expected is not None and digest != expected:
                raise IntegrityError(
                    f"Content of digest {digest} came in place of {expected}.",
                    "Try again; if it stays so, where it came from is damaged or lies.",
                )
            self._settle(path, digest)
        return Blob(digest, size)

    def open_blob(self, digest: str) -> BinaryIO:
        """Open a blob of any size for reading; its content is not checked.

        Raises:
            ImageNotFoundError: The blob is not here.
        """
        try:
            return open_regular(self.blob_path(digest))
        except FileNotFoundError as error:
            raise ImageNotFoundError(
                f"{self.directory} has no blob {digest}.",
                "The image is incomplete; build or import it again.",
            ) from error

    def read_blob(self, digest: str) -> bytes:
        """Return a small blob (manifest, configuration) whose digest has been checked.

        Raises:
            ImageNotFoundError: The blob is not here.
            IntegrityError: Its content is not what its name says.
        """
        with self.open_blob(digest) as file:
            content = file.read(bounds.IMAGE_DOCUMENT)
        if digest_of(content) != digest:
            raise IntegrityError(
                f"The blob {digest} in {self.directory} is damaged.",
                "Remove that file and make the image again.",
            )
        return content

    # -- images ------------------------------------------------------------------------------------

    def add_image(
        self,
        config: ImageConfig,
        layers: Sequence[Descriptor],
        reference: str,
        annotations: Mapping[str, str] | None = None,
    ) -> Descriptor:
        """Add an image whose layers are already here; the reference moves to it from any older one.

        Args:
            config: How the image runs; its ``diff_ids`` belong to ``layers``, one by one.
            layers: The layers, lowest first.
            reference: The name by which the image will be found (``nautiloid/pytorch:latest``).
            annotations: Go into the manifest.

        Raises:
            ImageFormatError: The number of layers differs from the number of diff_ids.
            ImageNotFoundError: A layer is not here.
        """
        if len(layers) != len(config.diff_ids):
            raise ImageFormatError(f"The image has {len(layers)} layers but {len(config.diff_ids)} diff_ids.")
        stored = self.write_blob([config.to_json()])
        manifest = Manifest(Descriptor(CONFIG, stored.digest, stored.size), tuple(layers), dict(annotations or {}))
        blob = self.write_blob([manifest.to_json()])
        entry = Descriptor(MANIFEST, blob.digest, blob.size, {labels.REF_NAME: reference}, config.platform)
        with self._index_lock():
            for layer in layers:
                if not self.has(layer.digest):
                    raise ImageNotFoundError(f"The layer {layer.digest} is not in {self.directory}.")
            others = [old for old in self._entries() if not _gives_way(old, entry)]
            self._write_index([*others, entry])
        return replace(entry, annotations={})

    def adopt_image(self, entry: Descriptor, reference: str) -> None:
        """Give a name to an image or index whose blobs are here; the name leaves what had it.

        Raises:
            ImageNotFoundError: Something that it needs is not here.
        """
        named = replace(entry, annotations={labels.REF_NAME: reference})
        with self._index_lock():
            for digest in self._reachable(entry):
                if not self.has(digest):
                    raise ImageNotFoundError(f"The blob {digest} of {reference} is not in {self.directory}.")
            others = [old for old in self._entries() if not _gives_way(old, named)]
            self._write_index([*others, named])

    def attach(self, attachment: Attachment) -> None:
        """Attach a document to an image that is here; one of the same type gives way to it."""
        for content in (EMPTY, attachment.content, attachment.manifest):
            self.write_blob([content])
        new = attachment.entry
        with self._index_lock():
            marks = (new.annotations[labels.ATTACHED_TO], new.annotations[labels.ATTACHED_TYPE])
            others = [
                old
                for old in self._entries()
                if (old.annotations.get(labels.ATTACHED_TO), old.annotations.get(labels.ATTACHED_TYPE)) != marks
            ]
            self._write_index([*others, new])

    def attached(self, digest: str, artifact_type: str | None = None) -> tuple[Descriptor, ...]:
        """Return what is attached to an image: the manifests of the documents, or of those of one type."""
        entries = [entry for entry in self._entries() if entry.annotations.get(labels.ATTACHED_TO) == digest]
        return tuple(entry for entry in entries if artifact_type in (None, entry.annotations.get(labels.ATTACHED_TYPE)))

    def add_index(self, manifests: Sequence[Descriptor], reference: str) -> Descriptor:
        """Bind images for several platforms into one index; the name moves to it.

        Args:
            manifests: Of the images, which are here, each with its platform.
            reference: The name by which the index will be found.
        """
        members = sorted(manifests, key=lambda manifest: str(manifest.platform))
        document = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [member.to_dict() for member in members],
        }
        blob = self.write_blob([canonical_json(document)])
        entry = Descriptor(INDEX, blob.digest, blob.size)
        self.adopt_image(entry, reference)
        return entry

    def images(self) -> list[tuple[str, Descriptor]]:
        """Return every named image with its name, sorted; a layout that is not there yet has none."""
        if not self._begun():
            return []
        named = [(name, entry) for entry in self._entries() for name in references(entry)]
        return sorted(named, key=lambda pair: (pair[0], pair[1].digest))

    def resolve(self, reference: str | None, platform: Platform | None = None) -> Image:
        """Find an image by reference or digest; None finds the only one there is.

        Raises:
            ImageNotFoundError: It is not here, or not for this platform.
            ImageFormatError: The layout or the image is damaged.
        """
        entries = self._entries() if self._begun() else []
        return resolve_image(self, entries, reference, platform, str(self.directory))

    def known_as(self, reference: str) -> str:
        """Return the name that an image goes by here: what was asked for, or with the catalog's prefix.

        The catalog's images are called ``nautiloid/pytorch``; asking for ``pytorch`` finds them, unless another
        image has just that name.
        """
        names = {name for name, _ in self.images()}
        prefixed = f"{CATALOG_PREFIX}{reference}"
        return prefixed if reference not in names and prefixed in names else reference

    def descriptor_of(self, reference: str) -> Descriptor:
        """Return what a name or digest points at, be it an image or an index.

        Raises:
            ImageNotFoundError: Nothing goes by it, or several images for different platforms do.
        """
        found = [entry for name, entry in self.images() if reference in (name, entry.digest)]
        digests = {entry.digest for entry in found}
        if len(digests) != 1:
            known = ", ".join(sorted({name for name, _ in self.images()})) or "none"
            raise ImageNotFoundError(f"There is no one image {reference} in {self.directory}.", f"There are: {known}.")
        return replace(found[0], annotations={})

    def images_behind(self, entry: Descriptor) -> tuple[Image, ...]:
        """Return the image that an entry is, or all images of the index that it is."""
        return tuple(load_image(self, manifest) for manifest in manifests_behind(self, entry))

    def digest_of(self, reference: str) -> str | None:
        """Return the digest behind a name, be it an image or an index; None where nothing goes by it."""
        return next((entry.digest for name, entry in self.images() if name == reference), None)

    def rename(self, reference: str, new: str) -> None:
        """Give what goes by one name another; the new name leaves what had it.

        Raises:
            ImageNotFoundError: Nothing goes by the first name.
        """
        with self._index_lock():
            entries = self._entries()
            moving = [entry for entry in entries if entry.annotations.get(labels.REF_NAME) == reference]
            if not moving:
                raise ImageNotFoundError(f"There is no image {reference} in {self.directory}.")
            renamed = [replace(entry, annotations={**entry.annotations, labels.REF_NAME: new}) for entry in moving]
            others = [entry for entry in entries if entry not in moving]
            staying = [old for old in others if not any(_gives_way(old, entry) for entry in renamed)]
            self._write_index([*staying, *renamed])

    def remove(self, reference: str) -> None:
        """Take away a name; blobs stay until ``collect_garbage``.

        Raises:
            ImageNotFoundError: No image goes by it.
        """
        with self._index_lock():
            entries = self._entries()
            left = [entry for entry in entries if entry.annotations.get(labels.REF_NAME) != reference]
            if len(left) == len(entries):
                raise ImageNotFoundError(f"There is no image {reference} in {self.directory}.")
            self._write_index(left)

    def collect_garbage(self, *, older_than: float = 3600.0) -> int:
        """Delete the blobs that no image names, and return how many bytes that freed.

        Args:
            older_than: Spare blobs younger than so many seconds: a build under way names its layers last.
        """
        if not self._begun():
            return 0
        freed, deadline = 0, time.time() - older_than
        with self._index_lock():
            named = {digest for entry in self._entries() for digest in self._reachable(entry)}
            for path in (self.directory / "blobs" / "sha256").glob("*"):
                status = path.stat()
                if f"sha256:{path.name}" not in named and status.st_mtime <= deadline:
                    path.unlink()
                    freed += status.st_size
        return freed

    def _reachable(self, entry: Descriptor) -> Iterator[str]:
        """Yield the digests of all that an entry needs; a manifest that is named again is not read again."""
        found, waiting = {entry.digest}, [entry]
        while waiting:
            one = waiting.pop()
            yield one.digest
            if one.media_type in INDEX_TYPES:
                nested = {below.digest: below for below in index_entries(self.read_blob(one.digest))}
                waiting += [below for digest, below in nested.items() if digest not in found]
                found |= nested.keys()
            else:
                manifest = Manifest.from_json(self.read_blob(one.digest))
                yield manifest.config.digest
                yield from (layer.digest for layer in manifest.layers)

    # -- files -------------------------------------------------------------------------------------

    def _begun(self) -> bool:
        """Tell whether an image can be here: not where nothing is, or only what an interrupted first build left."""
        if not self.directory.exists():
            return False
        names = {path.name for path in self.directory.iterdir()}
        return any(name not in {"blobs", ".lock"} and not name.startswith(_NEW) for name in names)

    def _entries(self) -> list[Descriptor]:
        index, marker = self.directory / "index.json", self.directory / "oci-layout"
        if not index.is_file() or not marker.is_file():
            raise ImageFormatError(
                f"{self.directory} is not an OCI image layout: oci-layout or index.json is missing.",
                "Name the directory that holds oci-layout, index.json and blobs.",
            )
        document = json_object(read_regular(index, bounds.IMAGE_DOCUMENT), "index.json")
        return [Descriptor.from_dict(entry) for entry in objects(document.get("manifests"))]

    def _write_index(self, entries: Sequence[Descriptor]) -> None:
        document = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [entry.to_dict() for entry in self._without_orphans(entries)],
        }
        write_text(self.directory / "index.json", json.dumps(document, sort_keys=True, indent=1) + "\n")

    def _without_orphans(self, entries: Sequence[Descriptor]) -> list[Descriptor]:
        """Leave out the documents about images that are here no more."""
        if not any(labels.ATTACHED_TO in entry.annotations for entry in entries):
            return list(entries)
        images = [entry for entry in entries if labels.ATTACHED_TO not in entry.annotations]
        known = {image.digest for entry in images for image in manifests_behind(self, entry)}
        return [entry for entry in entries if entry.annotations.get(labels.ATTACHED_TO, "") in known or entry in images]

    @contextmanager
    def _index_lock(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with FileLock(self.directory / ".lock"):
            if not (self.directory / "index.json").exists():
                self._write_index([])
                (self.directory / "oci-layout").write_bytes(OCI_LAYOUT)
            yield

    @contextmanager
    def _new_file(self) -> Iterator[Path]:
        """Lend a new file in the layout's own file system; what is left of it afterwards is deleted."""
        self.directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_NEW, dir=self.directory)
        os.close(handle)
        path = Path(name)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _settle(self, path: Path, digest: str) -> None:
        """Give a finished file its name; one that is here already is only made young again."""
        target = self.blob_path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o644)
        path.replace(target)
        os.utime(target)


def _gives_way(old: Descriptor, new: Descriptor) -> bool:
    same_name = old.annotations.get(labels.REF_NAME) == new.annotations.get(labels.REF_NAME)
    return same_name and (old.platform is None or new.platform is None or old.platform == new.platform)
