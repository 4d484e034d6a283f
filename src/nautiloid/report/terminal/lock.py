"""What was locked, and what moved since the lock before."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.report.terminal.lines import plain
from nautiloid.workflows.locking import LockPlace, Renewed


def renewed_to_lines(renewed: Renewed, *, width: int | None) -> list[Text]:
    """Return what a lock holds, and how it differs from the one before.

    Args:
        renewed: The lock.
        width: Cells of the terminal; None for a pipe.
    """
    made = renewed.pinned.lock
    word = "Locked" if renewed.pending else "Up to date:"
    sums = (
        f"{word} {made.definition.name} of {made.timestamp:%Y-%m-%d} for {made.definition.architecture}: "
        f"{len(made.debs)} Debian packages, {len(made.wheels)} wheels, {len(made.weights)} weights, "
        f"{len(made.files)} files -> {renewed.path}"
    )
    moved = [*renewed.edited, *(str(change) for change in renewed.changes if change.kind != "files"), *renewed.added]
    return [*plain([sums], width), *plain(moved, width, indent=2)]


def differences_to_lines(place: LockPlace, differences: Sequence[str], *, width: int | None) -> list[Text]:
    """Return whether a lock is up to date, and else why it is not.

    Args:
        place: The definition and its lock.
        differences: What was edited since it was made.
        width: Cells of the terminal; None for a pipe.
    """
    name = place.loaded.definition.name
    if not differences:
        return plain([f"Up to date: {name} ({place.path})"], width)
    return [*plain([f"Not up to date: {name} ({place.path})"], width), *plain(differences, width, indent=2)]
