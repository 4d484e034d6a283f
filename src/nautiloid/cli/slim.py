"""``nautiloid slim``: see what an image's work uses, and do without the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from nautiloid import catalog, places
from nautiloid.atomic import write_text
from nautiloid.cli import console
from nautiloid.cli.options import LockOption, lock_path
from nautiloid.errors import UsageError
from nautiloid.factory.definition_file import load_definition
from nautiloid.factory.locker import check_fits, make_lock
from nautiloid.factory.lockfile import read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import CATALOG_PREFIX
from nautiloid.run.profile import HardenedProfile, Mount, User, parse_size
from nautiloid.slimming.rules import slim_definition
from nautiloid.workflows.slim import Slimming, Traced

_MOST_LINES = 25


def slim(
    definition: Annotated[str, typer.Argument(metavar="DEFINITION", help="A catalog image or a YAML file.")],
    args: Annotated[list[str], typer.Argument(metavar="-- WORK...", help="Arguments for the image's entry point.")],
    trace: Annotated[bool, typer.Option("--trace", help="Record which files the work uses (always done).")] = True,
    mount: Annotated[
        list[str] | None,
        typer.Option("--mount", "-v", metavar="HOST:CONTAINER", help="What the work may read. Repeatable."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="CONTAINER", help="Where the work writes what it makes.")
    ] = None,
    smallest: Annotated[
        str, typer.Option("--smallest", metavar="SIZE", help="Leave alone what is smaller than this.")
    ] = "100k",
    apply: Annotated[
        Path | None,
        typer.Option("--apply", metavar="OUT.yaml", help="Write the definition, build its image, and prove it."),
    ] = None,
    lock: LockOption = None,
) -> None:
    """Run work in an image, see which files it uses, and propose slim rules for the rest.

    The image's self-test is traced as well: what it needs stays. With `--apply` the proposal becomes a definition; its
    image must pass the self-test, and do the same work with the same exit code, output and files.

    Example: `nautiloid slim pytorch --trace --mount .:/app --apply slim.yaml -- /app/predict.py`
    """
    del trace
    loaded = load_definition(definition)
    path = lock_path(loaded, lock, in_catalog=catalog.find(definition) is not None)
    if apply is not None and apply.exists():
        raise UsageError(f"{apply} is there already.", "Name another file, or remove it.")
    cache = places.cache_directory()
    target = Path(output) if output else None
    profile = HardenedProfile(
        f"{CATALOG_PREFIX}{loaded.definition.name}:latest",
        tuple(args),
        mounts=tuple(Mount.parse(text) for text in mount or ()),
        output=Mount.parse(f"/nonexistent:{target}") if target else None,
        user=User.default(),
    )
    with Fetcher(Store(cache / "store"), console.TerminalProgress()) as fetcher:
        if not path.exists():
            write_lock(make_lock(loaded, fetcher), path)
        pinned = read_lock(path)
        check_fits(pinned, loaded, path)
        slimming = Slimming(Layout(places.images_directory()), cache, fetcher)
        traced = slimming.trace(loaded, pinned, profile, parse_size(smallest))
        site = loaded.definition.site_packages
        _print(traced, site)
        if apply is None:
            return
        extends = definition if catalog.find(definition) else str(loaded.path.resolve())
        because = f"not used by: {' '.join(args)}"[:200]
        write_text(apply, slim_definition(extends, f"{loaded.definition.name}-slim", because, site, traced.proposals))
        name, proof = slimming.prove(profile, apply, traced.answers)
    for item in proof.unsteady:
        console.out.print(f"Proves nothing, since two runs of the full image differ in it: {item}")
    for item in proof.differences:
        console.err.print(f"The slimmed image does not do the same: {item}")
    if proof.differences:
        console.err.print(f"{name} is built; take rules out of {apply} until the answers agree")
        raise typer.Exit(1)
    console.out.print(
        f"{name}: same answers, {console.megabytes(proof.before)} -> {console.megabytes(proof.after)} compressed"
    )


def _print(traced: Traced, site: str) -> None:
    table = Table("Component", "Can go", "Files", "Bytes", box=None, pad_edge=False)
    rows = [(one.component, item) for one in traced.proposals for item in one.removals]
    rows.sort(key=lambda row: -row[1].size)
    for component, item in rows[:_MOST_LINES]:
        table.add_row(component, item.shown(site), str(item.files), console.megabytes(item.size))
    console.out.print(table)
    if len(rows) > _MOST_LINES:
        console.out.print(f"... and {len(rows) - _MOST_LINES} more")
    total = sum(one.size for one in traced.proposals)
    console.out.print(
        f"{traced.paths} paths were used; {console.megabytes(total)} of {console.megabytes(traced.size)} can go"
    )
