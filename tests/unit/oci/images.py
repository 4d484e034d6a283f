"""Small real images for the tests of the image format."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Sequence

from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_GZIP, LAYER_TAR, Descriptor, ImageConfig, Platform


def entry(name: str, content: bytes | None = None, **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """Make a tar entry: a file when it has content, else whatever ``fields`` say."""
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    for field, value in fields.items():
        setattr(member, field, value)
    member.size = len(content or b"")
    return member, content or b""


def directory(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.DIRTYPE, mode=mode)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=kind, linkname=target)


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member, content in entries:
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def store_image(
    layout: Layout,
    reference: str,
    layers: Sequence[bytes] = (b"",),
    *,
    compress: bool = True,
    platform: Platform | None = None,
    label: str = "",
) -> Descriptor:
    """Add an image made of these uncompressed tars."""
    descriptors = []
    for content in layers:
        blob = layout.write_blob([gzip.compress(content, mtime=0) if compress else content])
        descriptors.append(Descriptor(LAYER_GZIP if compress else LAYER_TAR, blob.digest, blob.size))
    config = ImageConfig(
        platform or Platform.of_this_machine(),
        labels={"label": label} if label else {},
        diff_ids=tuple(digest_of(content) for content in layers),
    )
    return layout.add_image(config, descriptors, reference)
