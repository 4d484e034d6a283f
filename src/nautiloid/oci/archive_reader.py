"""Reading an image out of a tar file without unpacking it: an OCI archive, or what ``docker save`` writes.

Sources: OCI image-spec 1.1 (image-layout.md); Docker's image specification 1.2 for archives whose
``manifest.json`` names plain files. Docker since version 25 writes both, and then the OCI half is read.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from nautiloid import bounds, labels
from nautiloid.documents.strict_json import loads_strict
from nautiloid.errors import IntegrityError
from nautiloid.oci.archive_files import ArchiveFiles
from nautiloid.oci.decompression import DAMAGED, decompressed
from nautiloid.oci.digest import blob_name, digest_of
from nautiloid.oci.documents import json_object, objects, strings
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.image import Image, resolve_image
from nautiloid.oci.model import (
    CONFIG,
    LAYER_GZIP,
    LAYER_TAR,
    MANIFEST,
    Descriptor,
    Manifest,
    Platform,
)
from nautiloid.regular_file import open_regular

_CHUNK = 1 << 20


class Archive:
    """The images in one tar file; use it in a ``with`` block."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ImageNotFoundError: There is no such file.
            ImageFormatError: It is not a tar file that holds an image.
        """
        self.path = path
        try:
            self._file = _uncompressed(path)
        except FileNotFoundError as error:
            raise ImageNotFoundError(f"There is no file {path}.") from error
        except DAMAGED as error:
            raise ImageFormatError(
                f"{path} is not a tar file, and cannot be decompressed: {error}.", "Make it again."
            ) from error
        try:
            self._files = ArchiveFiles(self._file)
        except ImageFormatError:
            self._file.close()
            raise
        except (ValueError, OSError) as error:
            self._file.close()
            hint = "If it was copied or downloaded, it may have been cut off: make it again."
            raise ImageFormatError(f"{path} is not a tar file, or not a whole one: {error}.", hint) from error
        self._names: dict[str, str] = {}
        self._made: dict[str, bytes] = {}
        if "index.json" in self._files and "oci-layout" in self._files:
            index = json_object(self._read("index.json"), "index.json")
            self._entries = [Descriptor.from_dict(entry) for entry in objects(index.get("manifests"))]
        elif "manifest.json" in self._files:
            self._entries = self._docker_entries()
        else:
            self.close()
            hint = "Make one with nautiloid or docker save."
            raise ImageFormatError(f"{path} holds no image: neither index.json nor manifest.json.", hint)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def resolve(self, reference: str | None, platform: Platform | None = None) -> Image:
        """Find an image by reference or digest; None finds the only one there is.

        Raises:
            ImageNotFoundError: It is not here, or not for this platform.
            ImageFormatError: The image is damaged.
        """
        return resolve_image(self, self._entries, reference, platform, str(self.path))

    def open_blob(self, digest: str) -> BinaryIO:
        """Open a blob of any size; its content is not checked.

        Raises:
            ImageNotFoundError: The archive does not hold it.
        """
        return self._open(self._names.get(digest, str(blob_name(digest))))

    def read_blob(self, digest: str) -> bytes:
        """Return a small blob whose digest has been checked.

        Raises:
            ImageNotFoundError: The archive does not hold it.
            IntegrityError: Its content is not what its name says.
        """
        if digest in self._made:
            return self._made[digest]
        with self.open_blob(digest) as file:
            content = file.read(bounds.IMAGE_DOCUMENT)
        if digest_of(content) != digest:
            raise IntegrityError(f"The blob {digest} in {self.path} is damaged.", "Make the archive again.")
        return content

    def _docker_entries(self) -> list[Descriptor]:
        """Make the manifests that a classic ``docker save`` leaves out."""
        try:
            listed = objects(loads_strict(self._read("manifest.json")))
        except ValueError as error:
            raise ImageFormatError(f"manifest.json in {self.path} is not JSON: {error}.") from error
        entries = []
        for image in listed:
            config = self._describe(str(image.get("Config")), CONFIG)
            layers = tuple(self._describe(name) for name in strings(image.get("Layers")))
            manifest = Manifest(config, layers).to_json()
            self._made[digest_of(manifest)] = manifest
            entries += [
                Descriptor(MANIFEST, digest_of(manifest), len(manifest), {labels.REF_NAME: name} if name else {})
                for name in strings(image.get("RepoTags")) or ("",)
            ]
        return entries

    def _describe(self, name: str, media_type: str = "") -> Descriptor:
        hasher, size, start = hashlib.sha256(), 0, b""
        with self._open(name) as file:
            while chunk := file.read(_CHUNK):
                start = start or chunk[:2]
                hasher.update(chunk)
                size += len(chunk)
        digest = f"sha256:{hasher.hexdigest()}"
        self._names[digest] = name
        return Descriptor(media_type or (LAYER_GZIP if start == b"\x1f\x8b" else LAYER_TAR), digest, size)

    def _read(self, name: str) -> bytes:
        with self._open(name) as file:
            return file.read(bounds.IMAGE_DOCUMENT)

    def _open(self, name: str) -> BinaryIO:
        file = self._files.open(str(PurePosixPath(name)))
        if file is None:
            raise ImageNotFoundError(f"{self.path} has no file {name}.", "The archive is incomplete.")
        return file


def _uncompressed(path: Path) -> BinaryIO:
    """Open an archive; a compressed one goes into a file without a name first, since its index stands at its end."""
    stored = open_regular(path)
    content = decompressed(stored)
    if content is stored:
        return stored
    # Beside the archive, where there is room for large files; /tmp may be memory.
    beside = path.parent if os.access(path.parent, os.W_OK) else None
    plain = tempfile.TemporaryFile(dir=beside)  # noqa: SIM115 - closed by Archive.close()
    try:
        with stored, content:
            _spill(content, plain, path)
    except BaseException:
        plain.close()
        raise
    plain.seek(0)
    return cast(BinaryIO, plain)


def _spill(content: BinaryIO, plain: IO[bytes], path: Path) -> None:
    while chunk := content.read(_CHUNK):
        plain.write(chunk)
        if plain.tell() > bounds.ARCHIVE:
            raise ImageFormatError(f"{path} holds more than {bounds.ARCHIVE >> 30} GiB once decompressed.")
