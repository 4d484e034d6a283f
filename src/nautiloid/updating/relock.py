"""Lock -> the lock that an edited definition needs: what the edit does not touch stays as it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import NautiloidError
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.locked_wheels import lock_wheels
from nautiloid.factory.locker import make_lock
from nautiloid.factory.lockfile import NOTHING_BUILT, BuiltWheels, Lock
from nautiloid.factory.unresolved import renew_unresolved, weights_that_stay
from nautiloid.factory.wheels.resolver import UNBOUND, Bounds, ResolutionError
from nautiloid.net.fetch import Fetcher
from nautiloid.updating.control_data import control_data
from nautiloid.updating.staying_debs import staying_debs
from nautiloid.updating.staying_wheels import bounds_that_stay, files_that_stay, same_interpreter


@dataclass
class Relocking:
    """Locks an edited definition anew.

    Attributes:
        loaded: The definition as it is now.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.
        built: The wheels of what the definition has as source.
        notes: What a reader must know of the locks that were made, in sentences.
    """

    loaded: LoadedDefinition
    fetcher: Fetcher
    mirrors: Mirrors
    built: BuiltWheels = NOTHING_BUILT
    notes: list[str] = field(default_factory=list)

    def relock(self, old: Lock) -> Lock:
        """Return the lock that the definition needs, with as little moved as it allows.

        Packages, wheels and weights keep their versions unless the definition excludes them; the archive's state, and
        with it the image's time, moves only where a package comes from a newer one.

        Args:
            old: The lock before the definition, or a file that it names, was edited.

        Raises:
            NautiloidError: Something cannot be resolved, fetched or verified.
        """
        if self.built == old.built:
            renewed = renew_unresolved(old, self.loaded, self.fetcher, self.mirrors)
            if renewed is not None:
                return renewed
        new, bounds = self._resolved(old)
        settled = self._with_staying_debs(old, new)
        if settled.wheels and not same_interpreter(settled, new):
            wheels, dropped = lock_wheels(settled.definition, settled.debs, self.fetcher, bounds, self.built.builds)
            settled = settled.model_copy(update={"wheels": wheels, "dropped": dropped})
        return settled.model_copy(update={"wheels": files_that_stay(old, settled)})

    def _resolved(self, old: Lock) -> tuple[Lock, Bounds]:
        """Lock everything anew but the wheels that can stay, and say what held those."""
        definition = self.loaded.definition
        weights = weights_that_stay(old, definition)
        refused: ResolutionError | None = None
        for bounds in bounds_that_stay(old, definition, self.built.builds, self.fetcher.store):
            try:
                new = make_lock(self.loaded, self.fetcher, self.mirrors, bounds, weights=weights, built=self.built)
            except ResolutionError as error:
                refused = error
                continue
            if refused is not None and bounds == UNBOUND:
                self.notes.append(f"the wheels could not stay as they were: {' '.join(refused.message.split())[:400]}")
            return new, bounds
        raise refused or AssertionError("there is always an attempt")

    def _with_staying_debs(self, old: Lock, new: Lock) -> Lock:
        had = {deb.sha256 for deb in old.debs}
        if bool(old.compiler) != bool(new.compiler):
            return new  # both interpreters are of one state of the archive
        if _release(old) == _release(new) and _moved(old, new):
            try:
                staying = staying_debs(old, new, control_data((old, new), self.fetcher, self.mirrors))
            except NautiloidError as error:
                self.notes.append(f"the Debian packages move too, since old ones are not to be had: {error.message}")
                return new
            new = new.model_copy(update={"debs": staying.debs, "excused": staying.excused})
        if old.debs and {deb.sha256 for deb in new.debs} <= had:
            return _of_the_same_archive(old, new)
        return _with_twin(old, new)


def _release(lock: Lock) -> tuple[str, str, str]:
    return lock.definition.debian.suite, lock.definition.debian.pockets, lock.definition.architecture


def _moved(old: Lock, new: Lock) -> bool:
    """Tell whether a package that both have differs."""
    before = {deb.name: deb.sha256 for deb in old.debs}
    return any(before.get(deb.name, deb.sha256) != deb.sha256 for deb in new.debs)


def _of_the_same_archive(old: Lock, new: Lock) -> Lock:
    """Return a lock that takes nothing new of the archive: it speaks of the same state of it as the old one."""
    at = {deb.sha256: deb.at for deb in old.debs}
    debs = tuple(deb.model_copy(update={"at": at[deb.sha256]}) for deb in new.debs)
    return new.model_copy(
        update={"debs": debs, "releases": old.releases, "timestamp": old.timestamp, "compiler": old.compiler}
    )


def _with_twin(old: Lock, new: Lock) -> Lock:
    """Let the interpreter that compiles a foreign image's modules stay where the image's own has stayed."""
    python = f"python{new.definition.python.version}-minimal" if new.definition.python is not None else ""
    ours = [{deb.sha256 for deb in lock.debs if deb.name == python} for lock in (old, new)]
    if not (old.compiler and new.compiler and ours[0] == ours[1]):
        return new
    compiler = tuple(deb.model_copy(update={"at": deb.at or old.timestamp}) for deb in old.compiler)
    return new.model_copy(update={"compiler": compiler})
