"""Small images made of a few files, for tests of what reads images."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nautiloid.inspection.image import inspect_image
from nautiloid.inspection.inventory import Inspection
from nautiloid.oci.digest import digest_of
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import LAYER_TAR, Descriptor, History, ImageConfig, Platform
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.packages.component import Component


@dataclass(frozen=True)
class File:
    """A file of a layer; a link where it has a target."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""
    hard: bool = False
    xattrs: dict[str, str] = field(default_factory=dict)


def layer_of(files: Sequence[File]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            member = tarfile.TarInfo(file.path)
            member.mode, member.size = file.mode, len(file.content)
            member.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in file.xattrs.items()}
            if file.link:
                member.type = tarfile.LNKTYPE if file.hard else tarfile.SYMTYPE
                member.linkname, member.size = file.link, 0
            if file.path.endswith("/"):
                member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(file.content))
    return stream.getvalue()


@contextmanager
def image_of(
    directory: Path,
    *layers: Sequence[File],
    user: str = "65532",
    history: tuple[str, ...] = (),
    **settings: Any,
) -> Iterator[ImageSource]:
    layout = Layout(directory / "layout")
    descriptors, diff_ids = [], []
    for files in layers:
        content = layer_of(files)
        blob = layout.write_blob([content])
        descriptors.append(Descriptor(LAYER_TAR, blob.digest, blob.size))
        diff_ids.append(digest_of(content))
    config = ImageConfig(platform=Platform("linux", "amd64"), user=user, diff_ids=tuple(diff_ids),
                         history=tuple(History(created_by=text) for text in history), **settings)  # fmt: skip
    layout.add_image(config, descriptors, "test:latest")
    with open_image("test:latest", layout) as source:
        yield source


def inspect_files(directory: Path, *layers: Sequence[File], **settings: object) -> Inspection:
    with image_of(directory, *layers, **settings) as source:  # type: ignore[arg-type]
        return inspect_image(source, "test")


def named(inspection: Inspection, name: str) -> Component:
    found = [component for component in inspection.components if component.name == name]
    assert len(found) == 1, [component.name for component in inspection.components]
    return found[0]
