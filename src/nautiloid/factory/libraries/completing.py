"""Complete a lock: add the Debian packages that bring the libraries which its files need, until none is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nautiloid.debian.mirrors import Mirrors
from nautiloid.errors import NautiloidError
from nautiloid.factory.definition_file import LoadedDefinition
from nautiloid.factory.libraries.cuda import CUDA_HINT, is_cuda
from nautiloid.factory.libraries.providers import Providers
from nautiloid.factory.libraries.survey import survey
from nautiloid.factory.locked_debs import Archive, excused_dependencies, locked_debs
from nautiloid.factory.lockfile import LibraryNeed, Lock, LockedDeb
from nautiloid.factory.rootfs.linkage import TRIPLETS
from nautiloid.factory.slim import matches
from nautiloid.net.fetch import Fetcher

_HINT = (
    "Take the files that need them out with a 'slim' rule, or bring the libraries: with 'files' to /usr/local/lib, or, "
    "where the engine has them, by name in 'image.host_libraries'."
)


class MissingLibraryError(NautiloidError):
    """Files of an image need a native library that no package of its Debian release brings."""


def complete(lock: Lock, loaded: LoadedDefinition, archive: Archive, fetcher: Fetcher, mirrors: Mirrors) -> Lock:
    """Return the lock with the Debian packages that its files need, each with the reason; as it is where none does.

    Args:
        lock: Everything else is locked.
        loaded: Its definition.
        archive: The Debian release.
        fetcher: The way to downloads.
        mirrors: The user's own choice of mirrors.

    Raises:
        MissingLibraryError: No package brings a library that is needed; the message names who needs it.
        OldLibraryError: A library is too old for what needs it.
        NautiloidError: An input cannot be had, or does not go with the others.
    """
    completion = _Completion(lock, Providers(archive, fetcher, mirrors))
    while needs := survey(completion.lock, loaded, fetcher, mirrors):
        completion.add(needs)
    return completion.lock


@dataclass
class _Completion:
    """A lock that grows.

    Attributes:
        brought_by: The packages that bring each library which was looked up.
    """

    lock: Lock
    providers: Providers
    needs: list[LibraryNeed] = field(default_factory=list)
    brought_by: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, needs: Sequence[LibraryNeed]) -> None:
        """Add a package for each library, and what it needs itself."""
        self._refuse([need for need in needs if is_cuda(need.soname)], self._nowhere, CUDA_HINT)
        self._refuse([need for need in needs if need.soname in self.brought_by], self._taken_away, _HINT)
        found = {soname: self.providers.of(soname) for soname in _sonames(needs)}
        self._refuse([need for need in needs if not found[need.soname]], self._nowhere, _HINT)
        self.needs += needs
        self.brought_by |= found
        relations = dict.fromkeys(" | ".join(names) for names in self.brought_by.values())
        archive = self.providers.archive
        closure = archive.closure([*archive.definition.debian.packages, *relations])
        debs = tuple(self._with_reasons(deb) for deb in locked_debs(closure))
        self.lock = self.lock.model_copy(update={"debs": debs, "excused": excused_dependencies(closure)})

    def _with_reasons(self, deb: LockedDeb) -> LockedDeb:
        reasons = tuple(need for need in self.needs if deb.name in self.brought_by[need.soname])
        return deb.model_copy(update={"libraries": reasons})

    def _refuse(self, needs: Sequence[LibraryNeed], why: Callable[[str], str], hint: str) -> None:
        """Refuse the needs, if there are any, a line for each library."""
        if not needs:
            return
        lines = [f"  {soname}, {why(soname)}; needed by {_shown(needs, soname)}" for soname in _sonames(needs)]
        raise MissingLibraryError(
            f"native libraries are missing in the image '{self.lock.definition.name}':\n" + "\n".join(lines[:20]), hint
        )

    def _nowhere(self, _: str) -> str:
        debian = self.lock.definition.debian
        return f"in no package of Debian {debian.suite} ({', '.join(debian.components)})"

    def _taken_away(self, soname: str) -> str:
        definition = self.lock.definition
        path = f"usr/lib/{TRIPLETS[definition.architecture]}/{soname}"
        rules = [rule.name for rule in definition.slim if matches(rule.paths, path) and not matches(rule.keep, path)]
        where = f"in the Debian package {' or '.join(self.brought_by[soname])}"
        return (
            f"{where}, but taken away by the slim rule {', '.join(rules)}"
            if rules
            else f"{where}, but not in its place"
        )


def _sonames(needs: Sequence[LibraryNeed]) -> list[str]:
    return list(dict.fromkeys(need.soname for need in needs))


def _shown(needs: Sequence[LibraryNeed], soname: str) -> str:
    return ", ".join(need.path or need.component.partition(":")[2] for need in needs if need.soname == soname)
