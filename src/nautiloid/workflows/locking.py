"""Definitions and their locks: which lock belongs to a definition, and bringing it up to date."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nautiloid import catalog
from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import NautiloidError
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.lock_differences import lock_differences
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import BuiltWheels, Lock, LockError, read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.sourcing.building import build_sources, rebuild_missing
from nautiloid.updating.relock import Relocking
from nautiloid.workflows.renewed import Pinned, Renewed

__all__ = ["LockPlace", "Pinned", "Renewed", "StaleLockError", "lock_places"]


class StaleLockError(NautiloidError):
    """A lock that must be used as it is does not say what its definition says, or is not there."""


@dataclass(frozen=True)
class LockPlace:
    """A definition for one processor, and where its lock lies, or would lie."""

    loaded: LoadedDefinition
    path: Path

    def resolve(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Pinned:
        """Resolve the definition anew, everything in its newest version; nothing is written.

        Raises:
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        built = self._built(fetcher, mirrors or Mirrors(), None)
        return Pinned(self.loaded, make_lock(self.loaded, fetcher, mirrors, built=built))

    def lock(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Pinned:
        """Resolve the definition anew and write its lock; raises as ``resolve`` does."""
        made = self.resolve(fetcher, mirrors)
        write_lock(made.lock, self.path)
        return made

    def differences(self) -> tuple[str, ...]:
        """Say why the lock is not up to date, a line each; nothing: it is.

        Raises:
            LockError: What lies there cannot be read.
        """
        if not self.path.exists():
            return (f"there is no lock at {self.path}",)
        return lock_differences(read_lock(self.path), self.loaded)

    def renewed(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Renewed:
        """Return a lock that is up to date: the one there is, or one in which only what was edited moves.

        Nothing is written.

        Args:
            fetcher: The way to downloads.
            mirrors: The user's own choice of mirrors.

        Raises:
            LockError: There is a lock, but it cannot be read.
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        if not self.path.exists():
            return Renewed(self.resolve(fetcher, mirrors), self.path, None)
        old = read_lock(self.path)
        edited = lock_differences(old, self.loaded)
        if not edited:
            return Renewed(Pinned(self.loaded, old), self.path, old)
        mirrors = mirrors or Mirrors()
        relocking = Relocking(self.loaded, fetcher, mirrors, self._built(fetcher, mirrors, old))
        new = relocking.relock(old)
        return Renewed(Pinned(self.loaded, new), self.path, old, edited, tuple(relocking.notes))

    def upgraded(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Renewed:
        """Return a new lock, everything in its newest version; nothing is written.

        Raises:
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        old: Lock | None = None
        with contextlib.suppress(LockError):  # one that cannot be read gives way, and there is nothing to compare
            old = read_lock(self.path)
        return Renewed(self.resolve(fetcher, mirrors), self.path, old)

    def pinned(self, fetcher: Fetcher, mirrors: Mirrors | None = None, *, locked: bool = False) -> Pinned:
        """Return the definition with a lock that is up to date; it is renewed and written where it is not.

        Args:
            fetcher: The way to downloads, whose observer hears what moved.
            mirrors: The user's own choice of mirrors.
            locked: Take the lock as it is, and refuse one that is not up to date.

        Raises:
            StaleLockError: It is not, and must be.
            NautiloidError: Something cannot be resolved, fetched or verified; the lock stays as it was.
        """
        pinned = self._as_it_is() if locked else self._up_to_date(fetcher, mirrors)
        rebuild_missing(pinned.lock, self.loaded, fetcher.store.surroundings, fetcher, mirrors or Mirrors())
        return pinned

    def _as_it_is(self) -> Pinned:
        if differences := self.differences():
            said = "".join(f"\n  {line}" for line in differences)
            raise StaleLockError(
                f"the lock of '{self.loaded.definition.name}' is not up to date:{said}",
                "Bring it up to date with 'nautiloid lock', or leave --locked away.",
            )
        return Pinned(self.loaded, read_lock(self.path))

    def _up_to_date(self, fetcher: Fetcher, mirrors: Mirrors | None) -> Pinned:
        renewed = self.renewed(fetcher, mirrors)
        if renewed.pending:
            renewed.write()
            renewed.tell(fetcher.progress)
            for caution in renewed.pinned.cautions(fetcher.store):
                fetcher.progress.note(f"warning: {caution}")
        return renewed.pinned

    def _built(self, fetcher: Fetcher, mirrors: Mirrors, old: Lock | None) -> BuiltWheels:
        return build_sources(self.loaded, fetcher.store.surroundings, fetcher, mirrors, old)


def lock_places(
    definition: str,
    architectures: str | None = None,
    chosen: Path | None = None,
    outside: Sequence[Path] = (),
    *,
    text: str | None = None,
) -> list[LockPlace]:
    """Load a definition once for each processor, and say where each lock lies.

    Args:
        definition: What the user typed: a catalog image, a YAML file, or a directory with ``nautiloid.yaml``.
        architectures: Debian's names with commas between them; None: what the definition says.
        chosen: The lock that the user named; by default beside the definition, for catalog images here.
        outside: What the user lets the definition take beside what lies in its directory.
        text: What the definition's file shall hold, in place of what it does.

    Raises:
        UsageError: There is no such definition, or it is not valid.
    """
    wanted = [name.strip() for name in architectures.split(",")] if architectures else [None]
    in_catalog = catalog.find(definition) is not None
    loaded = [load_definition(definition, architecture, outside, text=text) for architecture in dict.fromkeys(wanted)]
    return [LockPlace(one, _lock_path(one, chosen, in_catalog=in_catalog)) for one in loaded]


def _lock_path(loaded: LoadedDefinition, chosen: Path | None, *, in_catalog: bool) -> Path:
    """Return the path of one lock: each processor has its own, amd64's without its name."""
    architecture = loaded.definition.architecture
    suffix = "" if architecture == "amd64" else f".{architecture}"
    if chosen is not None:
        return chosen.with_name(f"{chosen.stem}{suffix}{chosen.suffix}")
    name = f"{loaded.definition.name}{suffix}.lock"
    return Path(name) if in_catalog else loaded.path.with_name(name)
