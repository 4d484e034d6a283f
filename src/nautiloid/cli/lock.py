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
from nautiloid.net.fetch import Fetcher
from nautiloid.report.terminal.lock import differences_to_lines, renewed_to_lines
from nautiloid.workflows.locking import LockPlace, lock_places


def lock(
    definition: DefinitionArgument,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
    allow_outside: OutsideOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the lock is up to date: exit code 0 or 1.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Take everything in its newest version, whatever the lock says.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="NAME", help="Say why a package is in, or is not, by the lock that exists."),
    ] = None,
) -> None:
    """Resolve a definition and pin every byte that goes into its image.

    Debian packages come from the signed archive, wheels from pip's own index and those that the definition names,
    weights and files by hash. What the definition has as source is built to wheels in a container. The lock names no
    mirror, so it builds the same image anywhere. A native library that a file needs and nothing brings is looked up in
    the Debian archive, and its package is added. Warnings name what the definition lets through, such as files that run
    whenever Python starts, or come from outside of its directory.

    Where there is a lock, what was not edited stays as it was: `--upgrade`, or `nautiloid update`, moves it.

    Example: `nautiloid lock pytorch`

    In CI: `nautiloid lock --check`

    Why is it in: `nautiloid lock pytorch --explain libssl3`
    """
    places = lock_places(definition, arch, lock, allow_outside or ())
    if explain is not None:
        _explain(places, explain)
    elif check:
        _check(places)
    else:
        with console.workspace().fetching(offline=offline) as fetcher:
            for place in places:
                _lock(place, fetcher, Mirrors(mirror, security_mirror), upgrade=upgrade)


def _lock(place: LockPlace, fetcher: Fetcher, mirrors: Mirrors, *, upgrade: bool) -> None:
    made = place.upgraded(fetcher, mirrors) if upgrade else place.renewed(fetcher, mirrors)
    made.write()
    console.show(renewed_to_lines(made, width=console.width()))
    for note in made.notes:
        console.note(note)
    for caution in made.pinned.cautions(fetcher.store):
        console.note(caution, "warning")


def _check(places: list[LockPlace]) -> None:
    stale = False
    for place in places:
        differences = place.differences()
        console.show(differences_to_lines(place, differences, width=console.width()))
        stale = stale or bool(differences)
    if stale:
        console.failed("not up to date; 'nautiloid lock' brings it up to date")
        raise typer.Exit(1)


def _explain(places: list[LockPlace], name: str) -> None:
    for place in places:
        for explanation in grounds.explain(read_lock(place.path), name):
            console.show([explanation.headline, *(f"  {line}" for line in explanation.lines)])
