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
from nautiloid.factory.build import BuildResult, build_image, find_built
from nautiloid.factory.locker import Mirrors, check_fits, make_lock
from nautiloid.factory.lockfile import read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.archive import write_archive
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import CATALOG_PREFIX, parse_name
from nautiloid.oci.source import open_image
from nautiloid.run.engine import Engine, EngineError
from nautiloid.run.select import choose_engine
from nautiloid.sbom.attach import attach_bills
from nautiloid.workflows.release import candidate_name, release


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
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Give the image its name only when its self-test passes.")
    ] = True,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build even when nothing has changed.")] = False,
    locked: Annotated[bool, typer.Option("--locked", help="Refuse to make a lock when there is none.")] = False,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Build the image that a lock describes; locks the definition first when it has no lock yet.

    The image lands in the local image store, where `nautiloid run` finds it. No engine and no root are needed; where
    there is an engine, the image is tested in it before it gets its name.

    Example: `nautiloid build pytorch --load docker`

    For two processors, as one index: `nautiloid build onnxruntime --arch amd64,arm64`
    """
    wanted = load_all(definition, arch)
    reference = parse_name(tag or f"{CATALOG_PREFIX}{wanted[0].definition.name}")
    candidate = candidate_name(reference)
    mirrors = Mirrors(mirror, security_mirror)
    progress = console.TerminalProgress()
    cache = places.cache_directory()
    layout = Layout(places.images_directory())
    pinned = []
    with Fetcher(Store(cache / "store"), progress, offline=offline) as fetcher:
        for loaded in wanted:
            path = lock_path(loaded, lock, in_catalog=catalog.find(definition) is not None)
            if not locked and not path.exists():
                write_lock(make_lock(loaded, fetcher, mirrors), path)
            pinned.append(read_lock(path))
            check_fits(pinned[-1], loaded, path)
        kept = [] if rebuild else [find_built(layout, reference, one) for one in pinned]
        made = [descriptor for descriptor in kept if descriptor is not None]
        if len(made) == len(wanted):
            console.out.print("Unchanged: the image was built from this very lock (--rebuild builds it again)")
        else:
            results = [
                build_image(
                    one, loaded, layout, cache, fetcher, reference=candidate, replaces=reference, mirrors=mirrors
                )
                for one, loaded in zip(pinned, wanted, strict=True)
            ]
            made = [result.descriptor for result in results]
            if len(made) > 1:
                layout.add_index(made, candidate)
            tested = _name(candidate, reference, layout, test=test)
            for result in results:
                _print(result)
            console.out.print(tested)
    for descriptor, one in zip(made, pinned, strict=True):
        attach_bills(layout, descriptor, one, reference)
    if output is not None:
        write_archive(layout, layout.resolve(reference), reference, output, progress)
    if load is not None:
        engine = choose_engine(load)
        with open_image(reference, layout) as source:
            if not engine.holds(source.image, reference):
                engine.load(source, reference, progress)
    for descriptor in made:
        console.out.print(f"{reference}@{descriptor.digest}")
    if len(made) > 1:
        console.out.print(f"{reference}@{layout.digest_of(reference)} (index of {len(made)} images)")


def _name(candidate: str, reference: str, layout: Layout, *, test: bool) -> str:
    """Give the new image its name, after its self-test if there is to be one; return a line that says how it went."""
    if not test:
        layout.rename(candidate, reference)
        return "Self-test: none, as asked"
    report = release(reference, layout, _engine_for_tests(layout), console.TerminalProgress())
    passed = f"passed {len(report.outcomes)} checks{f' in {report.engine}' if report.engine else ''}"
    return f"Self-test: {'; '.join(report.not_run) or passed}"


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


def _engine_for_tests(layout: Layout) -> Engine | None:
    """Return an engine, or None where none works: building needs no engine, so that is said and no error."""
    try:
        return choose_engine("auto", layout)
    except EngineError as error:
        console.err.print(f"note: the image is not started for its self-test: {error.message}")
        return None
