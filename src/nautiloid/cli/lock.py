"""``nautiloid lock``: resolve a definition and pin everything that goes into its image."""

from __future__ import annotations

from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import (
    ArchitecturesOption,
    DefinitionArgument,
    LockOption,
    MirrorOption,
    OfflineOption,
    OutsideOption,
    SecurityMirrorOption,
)
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory import explain as grounds
from nautiloid.factory.lockfile import read_lock
from nautiloid.workflows.locking import LockPlace, lock_places


def lock(
    definition: DefinitionArgument,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
    allow_outside: OutsideOption = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="NAME", help="Say why a package is in, or is not, by the lock that exists."),
    ] = None,
) -> None:
    """Resolve a definition and pin every byte that goes into its image.

    Debian packages come from the signed archive, wheels from pip's own index and those that the definition names,
    weights and files by hash. What the definition has as source is built to wheels in a container. The lock names no
    mirror, so it builds the same image anywhere. Warnings name what the definition lets through, such as files
    that run whenever Python starts, or come from outside of its directory.

    Example: `nautiloid lock pytorch`

    Why is it in: `nautiloid lock pytorch --explain libssl3`
    """
    places = lock_places(definition, arch, lock, allow_outside or ())
    if explain is not None:
        _explain(places, explain)
        return
    with console.workspace().fetching(offline=offline) as fetcher:
        for place in places:
            pinned = place.lock(fetcher, Mirrors(mirror, security_mirror))
            made = pinned.lock
            console.show([
                f"Locked {made.definition.name} of {made.timestamp:%Y-%m-%d} for {made.definition.architecture}: "
                f"{len(made.debs)} Debian packages, {len(made.wheels)} wheels, {len(made.weights)} weights, "
                f"{len(made.files)} files -> {place.path}"
            ])  # fmt: skip
            for caution in pinned.cautions(fetcher.store):
                console.note(caution, "warning")


def _explain(places: list[LockPlace], name: str) -> None:
    for place in places:
        for explanation in grounds.explain(read_lock(place.path), name):
            console.show([explanation.headline, *(f"  {line}" for line in explanation.lines)])
