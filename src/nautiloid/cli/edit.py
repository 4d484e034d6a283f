"""``nautiloid add`` and ``nautiloid remove``: packages of a definition, and its lock with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from nautiloid.cli import console
from nautiloid.cli.definition_options import (
    ArchitecturesOption,
    LockOption,
    MirrorOption,
    OfflineOption,
    OutsideOption,
    SecurityMirrorOption,
    definition_here,
)
from nautiloid.debian.mirrors import Mirrors
from nautiloid.net.fetch import Fetcher
from nautiloid.report.terminal.lock import renewed_to_lines
from nautiloid.workflows import editing
from nautiloid.workflows.editing import Edited, EditOrder

_BESIDE = ("requirements.txt", "requirements.in", "pyproject.toml", "environment.yml")

DefinitionOption = Annotated[
    str | None,
    typer.Option("--definition", "-f", help="A YAML file, or a directory with nautiloid.yaml. Default: here."),
]


def add(
    packages: Annotated[
        list[str], typer.Argument(metavar="PACKAGE...", help="Requirements; deb:NAME is a Debian package.")
    ],
    *,
    definition: DefinitionOption = None,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    allow_outside: OutsideOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Add packages to a definition, and lock it: nothing else moves.

    Comments and order of the file stay. Where the lock cannot be made, the definition stays as it was.

    Example: `nautiloid add 'numpy>=2' pandas deb:libgomp1`
    """
    order = EditOrder(
        definition or definition_here(), arch, lock, tuple(allow_outside or ()), Mirrors(mirror, security_mirror)
    )
    _report(editing.add, packages, order, offline=offline)


def remove(
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="Names; deb:NAME is a Debian package.")],
    *,
    definition: DefinitionOption = None,
    lock: LockOption = None,
    arch: ArchitecturesOption = None,
    allow_outside: OutsideOption = None,
    mirror: MirrorOption = None,
    security_mirror: SecurityMirrorOption = None,
    offline: OfflineOption = False,
) -> None:
    """Take packages out of a definition, and lock it: what nothing else needs goes along, and nothing else moves.

    Example: `nautiloid remove pandas deb:libgomp1`
    """
    order = EditOrder(
        definition or definition_here(), arch, lock, tuple(allow_outside or ()), Mirrors(mirror, security_mirror)
    )
    _report(editing.remove, packages, order, offline=offline)


def _report(
    edit: Callable[[Sequence[str], EditOrder, Fetcher], Edited], packages: list[str], order: EditOrder, *, offline: bool
) -> None:
    with console.workspace().fetching(offline=offline) as fetcher:
        edited = edit(packages, order, fetcher)
        console.show([f"{edited.path}", *(f"  {line}" for line in edited.lines)])
        for lock in edited.locks:
            console.show(renewed_to_lines(lock, width=console.width()))
            for note in lock.notes:
                console.note(note)
            for caution in lock.pinned.cautions(fetcher.store):
                console.note(caution, "warning")
    others = [name for name in _BESIDE if (Path(edited.path).parent / name).is_file()]
    if others and any(not package.startswith("deb:") for package in packages):
        console.remark(f"{' and '.join(others)} stay as they are: the definition does not read them")
