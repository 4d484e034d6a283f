"""``nautiloid build``: make the image that a lock describes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nautiloid import catalog, places
from nautiloid.cli import console
from nautiloid.cli.options import (
    ArchitecturesOption,
    DefinitionArgument,
    LockOption,
    MirrorOption,
    OfflineOption,
    SecurityMirrorOption,
    load_all,
    lock_path,
)
from nautiloid.factory.build import BuildResult, build_image
from nautiloid.factory.fetch import Fetcher
from nautiloid.factory.locker import Mirrors, check_fits, make_lock
from nautiloid.factory.lockfile import read_lock, write_lock
from nautiloid.factory.store import Store
from nautiloid.oci.archive import write_archive
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import CATALOG_PREFIX, parse_name
from nautiloid.oci.source import open_image
from nautiloid.run.select import choose_engine


def build(
    definition: DefinitionArgument,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    tag: Annotated[
        str | None, typer.Option("--tag", "-t", help="The image's name. Default: nautiloid/NAME:latest.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write one tar that Docker, Podman and OCI tools read."),
    ] = None,
    load: Annotated[
        str | None, typer.Option("--load", help="Also load it into an engine: docker, podman or auto.")
    ] = None,
    locked: Annotated[bool, typer.Option("--locked", help="Refuse to make a lock when there is none.")] = False,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Build the image that a lock describes; locks the definition first when it has no lock yet.

    The image lands in the local image store, where `nautiloid run` finds it. No engine and no root are needed.

    Example: `nautiloid build pytorch --load docker`

    For two processors, as one index: `nautiloid build onnxruntime --arch amd64,arm64`
    """
    wanted = load_all(definition, arch)
    reference = parse_name(tag or f"{CATALOG_PREFIX}{wanted[0].definition.name}")
    mirrors = Mirrors(mirror, security_mirror)
    progress = console.TerminalProgress()
    cache = places.cache_directory()
    layout = Layout(places.images_directory())
    results = []
    with Fetcher(Store(cache / "store"), progress, offline=offline) as fetcher:
        for loaded in wanted:
            path = lock_path(loaded, lock, in_catalog=catalog.find(definition) is not None)
            if not locked and not path.exists():
                write_lock(make_lock(loaded, fetcher, mirrors), path)
            pinned = read_lock(path)
            check_fits(pinned, loaded, path)
            results.append(build_image(pinned, loaded, layout, cache, fetcher, reference=reference, mirrors=mirrors))
    if len(results) > 1:
        index = layout.add_index([result.descriptor for result in results], reference)
    if output is not None:
        write_archive(layout, layout.resolve(reference), reference, output, progress)
    if load is not None:
        engine = choose_engine(load)
        with open_image(reference, layout) as source:
            if not engine.holds(source.image, reference):
                engine.load(source, reference, progress)
    for result in results:
        _print(result)
    if len(results) > 1:
        console.out.print(f"{reference}@{index.digest} (index of {len(results)} images)")


def _print(result: BuildResult) -> None:
    table = Table("Layer", "Content", "Compressed", "", box=None, pad_edge=False)
    for layer in result.layers:
        sizes = (console.megabytes(layer.content_size), console.megabytes(layer.size))
        table.add_row(layer.name, *sizes, "reused" if layer.reused else "")
    console.out.print(table)
    saved = sum(effect.bytes for effect in result.effects)
    console.out.print(
        f"{result.debs} Debian packages, {result.distributions} Python distributions, "
        f"{console.megabytes(result.size)} compressed; slimming left out {console.megabytes(saved)}"
    )
    if result.shared is not None:
        moved = console.megabytes(result.size - result.shared)
        console.out.print(f"A push after the previous build moves {moved}; {console.megabytes(result.shared)} stay")
    for effect in result.effects:
        if effect.files == 0:
            console.err.print(f"slim rule '{effect.rule}' matched nothing")
    console.out.print(f"{result.reference}@{result.descriptor.digest}")
