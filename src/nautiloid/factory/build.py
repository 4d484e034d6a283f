"""Lock -> image: fetch what the lock names, assemble the root filesystem, write the layers and the image."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.assemble import assemble
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.image_config import image_annotations, image_config, is_built_from
from nautiloid.factory.inputs import fetch_inputs
from nautiloid.factory.layers import BuiltLayer, plan_layers, write_layers
from nautiloid.factory.lockfile import Lock
from nautiloid.factory.slim import SlimEffect
from nautiloid.net.fetch import Fetcher
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor, Platform


@dataclass(frozen=True)
class BuildResult:
    """A built image, and what there is to say about it.

    Attributes:
        reference: Its name in the local image store.
        descriptor: Its manifest; ``descriptor.digest`` is *the* digest of the image.
        layers: Lowest first.
        effects: What each slim rule did.
        debs: How many Debian packages it holds.
        distributions: How many Python distributions it holds.
        shared: Compressed bytes of those layers that the image of this name had before; None: there was none.
    """

    reference: str
    descriptor: Descriptor
    layers: tuple[BuiltLayer, ...]
    effects: tuple[SlimEffect, ...]
    debs: int
    distributions: int
    shared: int | None

    @property
    def size(self) -> int:
        """Compressed bytes of all layers."""
        return sum(layer.size for layer in self.layers)


def build_image(
    lock: Lock,
    loaded: LoadedDefinition,
    layout: Layout,
    cache: Path,
    fetcher: Fetcher,
    *,
    reference: str,
    replaces: str | None = None,
    mirrors: Mirrors | None = None,
) -> BuildResult:
    """Build the image that a lock describes; reads nothing but what the lock names.

    Args:
        lock: What goes in.
        loaded: The definition, for where its local files lie.
        layout: Receives the image.
        cache: Nautiloid's cache directory.
        fetcher: Brings what the cache lacks.
        reference: The name that the image gets in ``layout``.
        replaces: The name whose image it is compared with; ``reference`` when None.
        mirrors: The user's own choice of mirrors.

    Raises:
        NautiloidError: An input cannot be had or is not what the lock says, or the image could not work.
    """
    before = _layers_of(layout, replaces or reference, Platform("linux", lock.definition.architecture))
    inputs = fetch_inputs(lock, loaded, fetcher, mirrors or Mirrors())
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=cache) as scratch, ExitStack() as open_files:
        assembly = assemble(lock, inputs, cache, Path(scratch), open_files, fetcher.progress)
        layers = write_layers(
            plan_layers(assembly.tree),
            layout,
            cache / "layers",
            fetcher.progress,
            compression=lock.definition.image.compression,
        )
    config = image_config(lock, loaded, layers)
    descriptor = layout.add_image(config, [layer.descriptor() for layer in layers], reference, image_annotations(lock))
    return BuildResult(
        reference,
        descriptor,
        layers,
        assembly.effects,
        len(lock.debs),
        len(lock.wheels),
        sum(layer.size for layer in layers if layer.digest in before) if before else None,
    )


def find_built(layout: Layout, reference: str, lock: Lock) -> Descriptor | None:
    """Return the image that this version of Nautiloid built from this very lock, if it goes by the name and is whole.

    Args:
        layout: Where to look.
        reference: The name.
        lock: What it must have been built from; a lock names every input by hash.
    """
    try:
        image = layout.resolve(reference, Platform("linux", lock.definition.architecture))
    except (ImageNotFoundError, ImageFormatError):
        return None
    same = is_built_from(image, lock)
    return image.descriptor if same and all(layout.has(layer.digest) for layer in image.manifest.layers) else None


def _layers_of(layout: Layout, reference: str, platform: Platform) -> frozenset[str]:
    """Return the layers of the image that goes by a name now."""
    try:
        return frozenset(layer.digest for layer in layout.resolve(reference, platform).manifest.layers)
    except (ImageNotFoundError, ImageFormatError):
        return frozenset()
