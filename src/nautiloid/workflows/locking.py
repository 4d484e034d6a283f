"""Definitions and their locks: which lock belongs to a definition, and making one where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nautiloid import catalog
from nautiloid.debian.mirrors import Mirrors
from nautiloid.factory.cautions import cautions
from nautiloid.factory.definition_file import LoadedDefinition, load_definition
from nautiloid.factory.locker import check_fits, make_lock
from nautiloid.factory.lockfile import Lock, LockError, read_lock, write_lock
from nautiloid.net.fetch import Fetcher
from nautiloid.net.store import Store
from nautiloid.sourcing.building import build_sources, rebuild_missing


@dataclass(frozen=True)
class LockPlace:
    """A definition for one processor, and where its lock lies, or would lie."""

    loaded: LoadedDefinition
    path: Path

    def resolve(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Pinned:
        """Resolve the definition anew; nothing is written.

        Raises:
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        built = build_sources(self.loaded, fetcher.store.root.parent, fetcher, mirrors or Mirrors())
        return Pinned(self.loaded, make_lock(self.loaded, fetcher, mirrors, built=built))

    def lock(self, fetcher: Fetcher, mirrors: Mirrors | None = None) -> Pinned:
        """Resolve the definition anew and write its lock; raises as ``resolve`` does."""
        made = self.resolve(fetcher, mirrors)
        write_lock(made.lock, self.path)
        return made

    def pinned(self, fetcher: Fetcher, mirrors: Mirrors | None = None, *, may_lock: bool = True) -> Pinned:
        """Return the definition with its lock, made first where there is none.

        Args:
            fetcher: The way to downloads.
            mirrors: The user's own choice of mirrors.
            may_lock: Whether one may be made.

        Raises:
            LockError: There is none and none may be made, or it was made from another state of the definition.
        """
        if may_lock and not self.path.exists():
            for caution in self.lock(fetcher, mirrors).cautions(fetcher.store):
                fetcher.progress.note(f"warning: {caution}")
        lock = read_lock(self.path)
        check_fits(lock, self.loaded, self.path)
        rebuild_missing(lock, self.loaded, fetcher.store.root.parent, fetcher, mirrors or Mirrors())
        return Pinned(self.loaded, lock)

    def fitting(self, fetcher: Fetcher) -> Pinned:
        """Return the definition with its lock; a new one where there is none, or where it no longer fits."""
        try:
            return self.pinned(fetcher, may_lock=False)
        except LockError:
            return self.lock(fetcher)


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


def lock_places(
    definition: str, architectures: str | None = None, chosen: Path | None = None, outside: Sequence[Path] = ()
) -> list[LockPlace]:
    """Load a definition once for each processor, and say where each lock lies.

    Args:
        definition: What the user typed: a catalog image, a YAML file, or a directory with ``nautiloid.yaml``.
        architectures: Debian's names with commas between them; None: what the definition says.
        chosen: The lock that the user named; by default beside the definition, for catalog images here.
        outside: What the user lets the definition take beside what lies in its directory.

    Raises:
        UsageError: There is no such definition, or it is not valid.
    """
    wanted = [name.strip() for name in architectures.split(",")] if architectures else [None]
    in_catalog = catalog.find(definition) is not None
    loaded = [load_definition(definition, architecture, outside) for architecture in dict.fromkeys(wanted)]
    return [LockPlace(one, _lock_path(one, chosen, in_catalog=in_catalog)) for one in loaded]


def _lock_path(loaded: LoadedDefinition, chosen: Path | None, *, in_catalog: bool) -> Path:
    """Return the path of one lock: each processor has its own, amd64's without its name."""
    architecture = loaded.definition.architecture
    suffix = "" if architecture == "amd64" else f".{architecture}"
    if chosen is not None:
        return chosen.with_name(f"{chosen.stem}{suffix}{chosen.suffix}")
    name = f"{loaded.definition.name}{suffix}.lock"
    return Path(name) if in_catalog else loaded.path.with_name(name)
