"""What an update does to one lock file, with what changelogs say about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nautiloid.factory.lockfile import write_lock
from nautiloid.updating.changelogs import ChangelogFixes
from nautiloid.updating.update import Update


@dataclass(frozen=True)
class LockUpdate:
    """What an update does to one lock.

    Attributes:
        path: Of the lock.
        changelogs: What the packages' own changelogs say was fixed.
    """

    path: Path
    update: Update
    changelogs: tuple[ChangelogFixes, ...]

    @property
    def pending(self) -> bool:
        """Whether there is something to do."""
        return self.update.new != self.update.old

    def apply(self) -> None:
        """Write the new lock."""
        write_lock(self.update.new, self.path)
