"""A definition with its lock, and what bringing that lock up to date has moved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautiloid.factory.cautions import cautions
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.explain import added_for_libraries
from nautiloid.factory.lockfile import Lock, write_lock
from nautiloid.net.store import Store
from nautiloid.progress import Progress
from nautiloid.updating.changes import LockChange, changes_between


@dataclass(frozen=True)
class Pinned:
    """A definition for one processor, with its lock."""

    loaded: LoadedDefinition
    lock: Lock

    def cautions(self, store: Store) -> list[str]:
        """Return what somebody should look at before building, a line each.

        Args:
            store: Holds the wheels, as it does once they are locked.
        """
        return cautions(self.lock, self.loaded, store)


@dataclass(frozen=True)
class Renewed:
    """A lock that is up to date, and what was done for it.

    Attributes:
        pinned: The definition with the lock.
        path: Where the lock lies, or will lie.
        old: The lock before; None: there was none.
        edited: What of the definition was edited since.
        notes: What a reader must know of it, in sentences.
    """

    pinned: Pinned
    path: Path
    old: Lock | None
    edited: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """Whether there is something to write."""
        return self.old != self.pinned.lock

    @property
    def changes(self) -> tuple[LockChange, ...]:
        """What moves; nothing where there was no lock."""
        return changes_between(self.old, self.pinned.lock) if self.old is not None else ()

    @property
    def added(self) -> tuple[str, ...]:
        """Which Debian packages came in because files need a library of them, and were not there before."""
        before = {deb.name for deb in self.old.debs} if self.old is not None else set()
        return tuple(added_for_libraries(self.pinned.lock, before))

    def write(self) -> None:
        """Put the lock in the place of the one before, all of it or nothing; one that is up to date is not touched."""
        if self.pending:
            write_lock(self.pinned.lock, self.path)

    def tell(self, progress: Progress) -> None:
        """Say that the definition was locked, and what was edited and moved where there was a lock before."""
        made = self.pinned.lock
        if self.old is None:
            held = f"{len(made.debs)} Debian packages, {len(made.wheels)} wheels, {len(made.files)} files"
            progress.note(f"Locked {made.definition.name}: {held} -> {self.path}")
        else:
            progress.note(f"Locked {made.definition.name} anew, since it was edited -> {self.path}")
        moved = [str(change) for change in self.changes if change.kind != "files"]
        for line in (*self.edited, *moved, *self.added):
            progress.note(f"  {line}")
        for note in self.notes:
            progress.note(f"note: {note}")
