"""Images from one place to another: registry to store (pull), store to registry (push), registry to registry (copy).

An image moves from the leaves to the root: layers and configuration, then the manifest that names them, then the index
that names manifests, and the tag last. Whatever breaks off, no name ever points at something incomplete.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from nautiloid import bounds
from nautiloid.errors import quotable
from nautiloid.oci.documents import json_object
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import INDEX_TYPES, Descriptor, Manifest, Platform, index_entries
from nautiloid.progress import SILENT, Progress, Task
from nautiloid.registry.repository import Document, Repository

_AT_ONCE = 3
_CHUNK = 1 << 20


class TransferSource(Protocol):
    """Where an image comes from."""

    def document(self, descriptor: Descriptor) -> Document:
        """Return a manifest or index, checked."""
        ...

    def read(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """Yield a blob's bytes from an offset on."""
        ...


@dataclass(frozen=True)
class StoreSource:
    """Images of a layout."""

    layout: Layout

    def document(self, descriptor: Descriptor) -> Document:
        """Return a manifest or index of the layout."""
        return Document(descriptor.media_type, descriptor.digest, self.layout.read_blob(descriptor.digest))

    def read(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """Yield a blob of the layout."""
        with self.layout.open_blob(descriptor.digest) as stream:
            stream.seek(start)
            while chunk := stream.read(_CHUNK):
                yield chunk


@dataclass(frozen=True)
class RemoteSource:
    """Images of a repository."""

    repository: Repository

    def document(self, descriptor: Descriptor) -> Document:
        """Fetch a manifest or index."""
        return self.repository.manifest(descriptor.digest)

    def read(self, descriptor: Descriptor, start: int) -> Iterator[bytes]:
        """Yield a blob of the repository."""
        return self.repository.read_blob(descriptor, start)


@dataclass(frozen=True)
class Transferred:
    """What a transfer did, in bytes of blobs.

    Attributes:
        digest: Of the image or index.
        sent: Transferred over the network.
        mounted: Taken from another repository of the registry.
        present: Was there already.
    """

    digest: str
    sent: int
    mounted: int
    present: int


def pull(
    repository: Repository,
    reference: str,
    store: Layout,
    name: str,
    *,
    platform: Platform | None = None,
    everything: bool = False,
    progress: Progress = SILENT,
) -> Transferred:
    """Bring an image into the store.

    Args:
        repository: Where it is.
        reference: Its tag or digest.
        store: Where it goes.
        name: What the store will call it.
        platform: Which image of an index; by default the one for this machine.
        everything: The index as it is, with the images of all platforms.
        progress: Hears of the bytes.

    Raises:
        ImageNotFoundError: The index has no image for the platform.
        IntegrityError: A blob is not what its digest says.
        RegistryError: The registry refuses or fails.
    """
    top = repository.manifest(reference)
    if top.media_type in INDEX_TYPES and not everything:
        top = repository.manifest(_chosen(top, platform or Platform.of_this_machine()).digest)
    source = RemoteSource(repository)
    manifests, blobs = _parts(source, top)
    missing = [blob for blob in blobs if not store.has(blob.digest)]
    with progress.task(f"Pull {name}", total=sum(blob.size for blob in missing), unit="bytes") as task:
        _each(missing, lambda blob: _store(store, blob, _counted(source.read(blob, 0), task)))
    for document in manifests:
        store.write_blob([document.data])
    store.adopt_image(_entry(top, manifests, store), name)
    sent = sum(blob.size for blob in missing)
    return Transferred(top.digest, sent, 0, sum(blob.size for blob in blobs) - sent)


def push(
    source: TransferSource,
    top: Descriptor,
    repository: Repository,
    tag: str,
    *,
    mount_from: Sequence[str] = (),
    progress: Progress = SILENT,
) -> Transferred:
    """Bring an image or index into a repository, from a store or from another repository.

    Args:
        source: Where it comes from.
        top: Its manifest or index.
        repository: Where it goes.
        tag: What it will be called there; empty: only its digest.
        mount_from: Other repositories of the same registry that may have some of its blobs.
        progress: Hears of the bytes.

    Raises:
        RegistryError: The registry refuses or fails.
        IntegrityError: A blob ends too early.
    """
    root = source.document(top)
    manifests, blobs = _parts(source, root)
    counts = _Counts()
    with progress.task(f"Push {repository.name}", total=sum(blob.size for blob in blobs), unit="bytes") as task:
        _each(blobs, lambda blob: _send(source, blob, repository, mount_from, counts, task))
    for document in manifests[:-1]:
        repository.put_manifest(document.digest, document.media_type, document.data)
    repository.put_manifest(tag or root.digest, root.media_type, root.data)
    return Transferred(root.digest, counts.sent, counts.mounted, counts.present)


class _Counts:
    """Adds up what several threads did."""

    def __init__(self) -> None:
        self.sent = self.mounted = self.present = 0
        self._lock = threading.Lock()

    def add(self, kind: str, size: int) -> None:
        with self._lock:
            setattr(self, kind, getattr(self, kind) + size)


def _send(
    source: TransferSource,
    blob: Descriptor,
    repository: Repository,
    mount_from: Sequence[str],
    counts: _Counts,
    task: Task,
) -> None:
    if repository.has_blob(blob.digest):
        counts.add("present", blob.size)
        task.advance(blob.size)
        return
    upload = None
    for other in mount_from:
        upload = repository.mount_blob(blob.digest, other)
        if upload is None:
            counts.add("mounted", blob.size)
            task.advance(blob.size)
            return
    repository.upload_blob(blob, lambda start: source.read(blob, start), task.advance, upload)
    counts.add("sent", blob.size)


def _parts(source: TransferSource, top: Document) -> tuple[list[Document], list[Descriptor]]:
    """Return every manifest below ``top``, itself last, and every blob that they name, each once."""
    parts = _Parts(source)
    parts.add(top)
    return list(parts.documents.values()), list(parts.blobs.values())


class _Parts:
    """Gathers what an image or index is made of, each manifest once, however often and deep it is named."""

    def __init__(self, source: TransferSource) -> None:
        self._source = source
        self._size = 0
        self.documents: dict[str, Document] = {}
        self.blobs: dict[str, Descriptor] = {}

    def add(self, document: Document, depth: int = 0) -> None:
        self._check(document, depth)
        if document.media_type in INDEX_TYPES:
            for entry in index_entries(document.data):
                if entry.digest not in self.documents:
                    below = self._source.document(entry)
                    if (below.media_type in INDEX_TYPES) != (entry.media_type in INDEX_TYPES):
                        raise ImageFormatError(
                            f"An index takes {entry.digest} for what it is not, an index or an image.",
                            "The image is damaged.",
                        )
                    self.add(below, depth + 1)
        else:
            manifest = Manifest.from_json(document.data)
            self.blobs |= {blob.digest: blob for blob in (manifest.config, *manifest.layers)}
        self.documents[document.digest] = document

    def _check(self, document: Document, depth: int) -> None:
        self._size += len(document.data)
        if (
            depth > bounds.INDEX_DEPTH
            or len(self.documents) >= bounds.IMAGE_DOCUMENTS
            or self._size > bounds.TRANSFER_DOCUMENTS
        ):
            raise ImageFormatError(
                f"The index nests deeper than {bounds.INDEX_DEPTH} levels, or leads to more than "
                f"{bounds.IMAGE_DOCUMENTS} manifests or {bounds.TRANSFER_DOCUMENTS >> 20} MiB of them.",
                "Ask for one image by its digest.",
            )


def _chosen(index: Document, platform: Platform) -> Descriptor:
    entries = index_entries(index.data)
    for entry in entries:
        if entry.platform is not None and entry.platform.matches(platform):
            return entry
    offered = quotable(", ".join(sorted({str(entry.platform) for entry in entries if entry.platform})))
    raise ImageNotFoundError(
        f"The index has no image for {platform}; it is for {offered or 'no platform at all'}.",
        "Choose one with --platform.",
    )


def _store(store: Layout, blob: Descriptor, chunks: Iterator[bytes]) -> None:
    store.write_blob(chunks, expected=blob.digest)


def _entry(top: Document, manifests: list[Document], store: Layout) -> Descriptor:
    """Return how the store's index names the image; an image tells its platform, an index has none."""
    if top.media_type in INDEX_TYPES:
        return top.descriptor
    config = json_object(store.read_blob(Manifest.from_json(top.data).config.digest), "configuration")
    return Descriptor(top.media_type, top.digest, len(manifests[-1].data), {}, Platform.from_dict(config))


def _counted(chunks: Iterator[bytes], task: Task) -> Iterator[bytes]:
    for chunk in chunks:
        task.advance(len(chunk))
        yield chunk


def _each(blobs: Sequence[Descriptor], work: Callable[[Descriptor], None]) -> None:
    """Do the work for several blobs at once, the largest first; the first error ends it."""
    order = sorted(blobs, key=lambda blob: blob.size, reverse=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(work, blob) for blob in order]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise
