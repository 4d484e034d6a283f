"""What layers became when they were written: a layer is compressed once, whatever image stores it goes to.

A note says which blob came of everything that a layer depends on. The blob itself is kept as a hard link to the image
store's own file, so that it takes no room as long as the image is there, and for a while after that. It is believed
only if it still has its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from nautiloid import labels
from nautiloid.atomic import write_text
from nautiloid.errors import IntegrityError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor
from nautiloid.streams import blocks_of

_BETWEEN = "\0"
_UNUSED = 14 * 86_400  # seconds after which a blob that nobody asked for goes


@dataclass(frozen=True)
class BuiltLayer:
    """A written layer.

    Attributes:
        digest: Of the compressed blob, as ``sha256:...``.
        diff_id: Of the uncompressed tar, which does not depend on the encoder.
        size: Compressed bytes.
        content_size: Bytes of its files.
        media_type: Says how it is compressed.
        reused: True when nothing had to be written.
    """

    name: str
    digest: str
    diff_id: str
    size: int
    content_size: int
    media_type: str
    reused: bool = False

    def descriptor(self) -> Descriptor:
        """Return the layer as a manifest names it."""
        return Descriptor(self.media_type, self.digest, self.size, {labels.LAYER: self.name})


class LayerCache:
    """Notes and blobs of layers that one encoder wrote."""

    def __init__(self, directory: Path, encoder: str) -> None:
        """Say where it lies.

        Args:
            directory: Of the notes; the blobs lie below it.
            encoder: The identity of the encoder, since other compressed bytes make another layer.
        """
        self._directory, self._encoder = directory, encoder

    def recall(self, key: str, name: str, layout: Layout) -> BuiltLayer | None:
        """Return the layer that was written for a key, its blob in the layout; None: it has to be written.

        Args:
            key: Of the layer's plan.
            name: What the layer is called now.
            layout: Gets the blob, if it has it not.
        """
        try:
            noted = json.loads(self._note(key).read_text(encoding="utf-8"))
            layer = BuiltLayer(**{**noted, "name": name, "reused": True})
            layout.blob_path(layer.digest)
        except (FileNotFoundError, ValueError, TypeError, IntegrityError):
            return None
        return layer if layout.has(layer.digest) or self._brought(layer, layout) else None

    def remember(self, key: str, layer: BuiltLayer, layout: Layout) -> None:
        """Note what a key became, and keep its blob where hard links can be made."""
        write_text(self._note(key), json.dumps(asdict(layer)))
        kept = self._blob(layer)
        kept.parent.mkdir(parents=True, exist_ok=True)
        self._forget_unused(kept.parent)
        with contextlib.suppress(OSError):
            os.link(layout.blob_path(layer.digest), kept)
            os.utime(kept)

    def _brought(self, layer: BuiltLayer, layout: Layout) -> bool:
        """Copy a kept blob into a layout, checking its digest; one that was changed is thrown away.

        A copy and no link: whoever changes a file of one image store must not change another's.
        """
        kept = self._blob(layer)
        try:
            with kept.open("rb") as blob:
                layout.write_blob(blocks_of(blob), expected=layer.digest)
            os.utime(kept)
        except FileNotFoundError:
            return False
        except IntegrityError:
            kept.unlink(missing_ok=True)
            return False
        return True

    def _note(self, key: str) -> Path:
        return self._directory / f"{hashlib.sha256(f'{key}{_BETWEEN}{self._encoder}'.encode()).hexdigest()}.json"

    def _blob(self, layer: BuiltLayer) -> Path:
        return self._directory / "blobs" / layer.digest.partition(":")[2]

    @staticmethod
    def _forget_unused(directory: Path) -> None:
        for blob in directory.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - blob.stat().st_mtime > _UNUSED:
                    blob.unlink()


def forget_loose(directory: Path) -> None:
    """Delete the blobs that no image store has any more.

    Args:
        directory: Of the notes.
    """
    for blob in (directory / "blobs").glob("*"):
        if blob.stat().st_nlink == 1:
            blob.unlink(missing_ok=True)
