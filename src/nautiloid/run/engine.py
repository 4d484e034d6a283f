"""What every engine can do: say whether it works here, take in an image, and carry out a hardened profile."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from nautiloid.errors import NautiloidError
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout
from nautiloid.oci.reference import parse_reference
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.progress import SILENT, Progress
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.supervise import CompletedRun

NOT_FOUND = 127
"""The exit code that says that there is no such program, as in a shell and in Docker."""

_SHELLS = ("sh", "ash", "bash", "dash", "zsh")


class EngineError(NautiloidError):
    """An engine is missing or does not answer, or refused what it was told."""


@dataclass(frozen=True)
class Availability:
    """Whether an engine works here; if not, why, and what would help."""

    works: bool
    reason: str = ""
    remedy: str = ""

    def __bool__(self) -> bool:
        return self.works


@dataclass(frozen=True)
class ReadyImage:
    """An image that an engine can run: the name it knows it by, the image's labels, and the ports that it declares."""

    name: str
    labels: Mapping[str, str]
    exposed_ports: tuple[str, ...] = ()


class Engine(ABC):
    """Runs images.

    Attributes:
        name: What people call it.
        by_itself: Whether it may be chosen without being asked for.
        looks_first: Whether it says before the start, in words, that a program is not in the image.
    """

    name: str
    by_itself = True
    looks_first = False

    @abstractmethod
    def available(self) -> Availability:
        """Find out, by trying, whether the engine works on this machine for this user."""

    @abstractmethod
    def holds(self, image: Image, reference: str) -> bool:
        """Tell whether the engine already has exactly this image under this name."""

    @abstractmethod
    def load(self, source: ImageSource, reference: str, progress: Progress = SILENT) -> None:
        """Give the image to the engine under a name.

        Raises:
            EngineError: The engine refused it.
        """

    def forget(self, reference: str) -> None:
        """Take a name away that ``load`` gave; an engine that reads images where they lie has given none."""
        del reference

    @abstractmethod
    def labels_of(self, reference: str) -> Mapping[str, str]:
        """Return the labels of an image that only the engine has.

        Raises:
            ImageNotFoundError: It has none by that name.
        """

    @abstractmethod
    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the command line that carries out the profile, for reading and for running."""

    def shell_line(self, profile: HardenedProfile) -> str:
        """Return the same as a line that a shell understands."""
        return shlex.join(self.command(profile))

    def shortcomings(self, profile: HardenedProfile) -> Iterable[str]:
        """Say what of a profile this engine keeps less strictly than it sounds; by default nothing."""
        del profile
        return ()

    @abstractmethod
    def run(
        self, profile: HardenedProfile, timeout: float | None = None, started: Callable[[], None] = lambda: None
    ) -> int:
        """Run with our standard streams, and return the program's exit code.

        When we are interrupted, so is the program; it does not outlive us.

        Args:
            profile: The run.
            timeout: Seconds after which the program is told to stop; the exit code is then 124.
            started: Called once the engine has been told to start it.

        Raises:
            EngineError: The engine does not know the image.
            OutputError: The program could not write its output.
        """

    @abstractmethod
    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input, and return exit code and outputs.

        Args:
            profile: The run.
            timeout: Seconds after which the program is killed.

        Raises:
            RunTimeoutError: It took longer.
            OutputError: The program could not write its output.
        """

    def make_ready(self, name: str, store: Layout, progress: Progress = SILENT) -> ReadyImage:
        """Bring an image to the engine from wherever it is: the store, a path, or the engine itself.

        Args:
            name: What the user typed (see ``parse_reference``).
            store: The local image store.
            progress: Hears of the transfer.

        Raises:
            ImageNotFoundError: It is neither in the store nor in the engine.
            EngineError: The engine refused it.
        """
        reference = parse_reference(name)
        try:
            with open_image(name, store) as source:
                wanted = store.known_as(reference.name) if reference.name else None
                local_name = _engine_name(wanted, source.image)
                if not self.holds(source.image, local_name):
                    self.load(source, local_name, progress)
                config = source.image.config
                return ReadyImage(self._name_for(name, local_name), config.labels, config.exposed_ports)
        except ImageNotFoundError:
            if reference.path is not None or reference.name is None:
                raise
            return ReadyImage(reference.name, self.labels_of(reference.name))

    def _name_for(self, typed: str, local_name: str) -> str:
        """Return what goes into a profile; an engine that reads images itself wants what was typed."""
        del typed
        return local_name


def _engine_name(name: str | None, image: Image) -> str:
    """Name an image that came without a name after its digest."""
    if name and not name.startswith("sha256:") and "@" not in name:
        return name
    return f"nautiloid/image:{image.digest.partition(':')[2][:16]}"


def how_to_look(word: str, image: str) -> str:
    """Return what helps somebody who looked for a program in an image that has only what it needs."""
    lead = "A hardened image has no shell. " if PurePosixPath(word).name in _SHELLS else ""
    return f"{lead}`nautiloid debug {image}` looks into it with another image's tools; -dev variants have a shell."
