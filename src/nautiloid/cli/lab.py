"""``nautiloid lab``: the learning lab, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nautiloid import places
from nautiloid.cli import console
from nautiloid.cli.compare import comparison_table
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.report.vulnerabilities.counts import count
from nautiloid.run.select import choose_engine
from nautiloid.workflows.lab import IMAGE, REFERENCE, Lab, LabResult


def lab(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Photos of your own; else NAUTILOID_DATA, the cache, a download, or drawings."),
    ] = None,
    work: Annotated[Path, typer.Option("--work", help="Where the lab's results go.")] = Path("lab"),
    engine: Annotated[str, typer.Option("--engine", help="docker, podman, bubblewrap or auto.")] = "auto",
    compare: Annotated[
        bool, typer.Option("--compare/--no-compare", help="Build the control image and compare with it.")
    ] = True,
) -> None:
    """Build the hardened image, train the animal classifier in it, classify in it, and compare it with the usual image.

    What is done already is not done again: the second run takes seconds.

    Example: `nautiloid lab --data ./photos`
    """
    progress = console.TerminalProgress()
    cache = places.cache_directory()
    with Fetcher(Store(cache / "store"), progress) as fetcher:
        surroundings = Lab(work, cache, Layout(places.images_directory()), choose_engine(engine), fetcher)
        result = surroundings.run(data, compare=compare)
    _print(result, work)


def _print(result: LabResult, work: Path) -> None:
    found = result.inspection
    programs = ", ".join(f"/{file.path}" for file in found.surface.executables)
    table = Table(box=None, show_header=False, pad_edge=False)
    rows = [
        ("Image", f"{REFERENCE}, {console.megabytes(found.compressed)} compressed, "
                  f"{console.megabytes(found.size)} in {found.files} files"),
        ("Packages", f"{len(found.of_kind('deb'))} Debian, {len(found.of_kind('pypi'))} Python"),
        ("Executables", f"{len(found.surface.executables)}: {programs}"),
        ("Shells, setuid files", f"{len(found.surface.shells)}, {len(found.surface.setuid)}"),
        ("Photos", result.photos),
        ("Training", f"{result.training_seconds:.1f} s in a hardened container ({result.engine})"),
        ("Validation accuracy", f"{result.accuracy:.1%}"),
        *((answer.image, f"{answer.label} ({answer.probability:.4f})") for answer in result.answers),
    ]  # fmt: skip
    for row in rows:
        table.add_row(*row)
    console.out.print(table)
    if result.comparison is not None:
        console.out.print()
        console.out.print(comparison_table(result.comparison))
        _print_scans(result)
        console.out.print(f"The whole comparison, for a browser: {work / 'report.html'}")
    console.out.print(f"Digest {result.digest}")
    console.out.print(f"Done in {result.seconds:.1f} s. The learner's folder is {work / IMAGE}.")


def _print_scans(result: LabResult) -> None:
    if not result.scans:
        console.out.print("Known vulnerabilities: no advisories here yet; 'nautiloid db update' brings them")
        return
    counts = [count(scan) for scan in result.scans]
    table = Table("Known vulnerabilities", box=None, pad_edge=False)
    for one in counts:
        table.add_column(one.name, justify="right")
    table.add_row("All", *(f"{one.all:,}" for one in counts))
    table.add_row("With a fix", *(f"{one.fixable:,}" for one in counts))
    console.out.print()
    console.out.print(table)
    console.out.print(f"Advisories as of {counts[0].advisories}")
