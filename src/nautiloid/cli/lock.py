"""``nautiloid lock``: resolve a definition and pin everything that goes into its image."""

from __future__ import annotations

from typing import Annotated

import typer

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
from nautiloid.factory import explain as grounds
from nautiloid.factory.locker import Mirrors, make_lock
from nautiloid.factory.lockfile import Lock, read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store


def lock(
    definition: DefinitionArgument,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="NAME", help="Say why a package is in, or is not, by the lock that exists."),
    ] = None,
) -> None:
    """Resolve a definition and pin every byte that goes into its image.

    Debian packages come from the signed archive, wheels from pip's own index, weights and files by hash. The lock
    names no host, so it builds the same image anywhere.

    Example: `nautiloid lock pytorch`

    Why is it in: `nautiloid lock pytorch --explain libssl3`
    """
    progress = console.TerminalProgress()
    for loaded in load_all(definition, arch):
        path = lock_path(loaded, lock, in_catalog=catalog.find(definition) is not None)
        if explain is not None:
            _explain(read_lock(path), explain)
            continue
        with Fetcher(Store(places.cache_directory() / "store"), progress, offline=offline) as fetcher:
            made = make_lock(loaded, fetcher, Mirrors(mirror, security_mirror))
        write_lock(made, path)
        console.out.print(
            f"Locked {made.definition.name} of {made.timestamp:%Y-%m-%d} for {made.definition.architecture}: "
            f"{len(made.debs)} Debian packages, {len(made.wheels)} wheels, {len(made.weights)} weights, "
            f"{len(made.files)} files -> {path}"
        )


def _explain(made: Lock, name: str) -> None:
    for explanation in grounds.explain(made, name):
        console.out.print(explanation.headline)
        for line in explanation.lines:
            console.out.print(f"  {line}")
