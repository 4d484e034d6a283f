"""What engines have in common that have no image store of their own: they run what lies unpacked in the cache."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import ImageSource
from nautiloid.oci.unpack import rootfs_path, unpacked
from nautiloid.progress import SILENT, Progress
from nautiloid.run.engine import Engine
from nautiloid.run.mount_points import make_mount_points
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.supervise import CompletedRun, Invocation, attach, capture, record


class UnpackingEngine(Engine):
    """Runs images that it unpacks once into the cache."""

    def __init__(self, store: Layout, cache: Path, *, grace: float = 10.0) -> None:
        """Say where images come from and where they are unpacked.

        Args:
            store: The local image store.
            cache: The cache directory.
            grace: Seconds that a program has to end by itself after we were told to stop.
        """
        self._store = store
        self._cache = cache
        self._grace = grace

    def holds(self, image: Image, reference: str) -> bool:
        """Tell whether the image has been unpacked already."""
        del reference
        return rootfs_path(image, self._cache).is_dir()

    def load(self, source: ImageSource, reference: str, progress: Progress = SILENT) -> None:
        """Unpack the image into the cache."""
        del reference
        unpacked(source, self._cache, progress)

    def labels_of(self, reference: str) -> Mapping[str, str]:
        """Refuse: this engine has no images beside the store's."""
        raise ImageNotFoundError(
            f"There is no image {reference} in Nautiloid's store.", "Build it with nautiloid build."
        )

    def run(
        self, profile: HardenedProfile, timeout: float | None = None, started: Callable[[], None] = lambda: None
    ) -> int:
        """Run attached to our standard streams."""
        with self._invocation(profile) as client:
            return attach(client, self._grace, timeout, started)

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input and return what the program wrote."""
        with self._invocation(profile) as client:
            return capture(client, timeout)

    def run_to_files(self, profile: HardenedProfile, out: Path, messages: Path, timeout: float | None = None) -> int:
        """Run without input, with standard output and standard error in files, and return the exit code.

        Args:
            profile: The run.
            out: Gets standard output; a limit of file sizes (``fsize``) holds for it too.
            messages: Gets standard error; likewise.
            timeout: Seconds after which the program is killed.

        Raises:
            RunTimeoutError: It took longer.
        """
        with self._invocation(profile) as client:
            return record(client, out, messages, timeout)

    @abstractmethod
    def _invocation(self, profile: HardenedProfile, before: Sequence[str] = ()) -> AbstractContextManager[Invocation]:
        """Make everything ready, and lend what starts the container.

        Args:
            profile: The run.
            before: A program, with its arguments, that starts the rest.
        """

    def _root_of(self, source: ImageSource, profile: HardenedProfile) -> Path:
        """Return the image's root file system, with places for what is mounted over it."""
        root = unpacked(source, self._cache)
        make_mount_points(profile, root)
        return root

    def _name_for(self, typed: str, local_name: str) -> str:
        del local_name
        return typed
