"""The embedded engine: bubblewrap on the unpacked image, where there is neither Docker nor Podman.

It needs no daemon and no root. The image's root file system lies unpacked in the cache and is mounted
read-only in new user, mount, process, network, IPC and host name namespaces, with no capability and no way
to gain one, behind Docker's filter of system calls and Docker's masks over ``/proc``, with a session keyring of its
own. Differences from Docker: limits are per process (rlimits), and an interrupt ends the program at once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.oci.unpack import rootfs_path, unpacked
from nautiloid.progress import SILENT, Progress
from nautiloid.run.bubblewrap_command import bubblewrap_command, make_mount_points, make_output
from nautiloid.run.bubblewrap_probe import probe
from nautiloid.run.confinement import leave_session_keyring, open_call_filter
from nautiloid.run.engine import Availability, Engine
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.supervise import CompletedRun, Invocation, attach, capture

_SHOWN_DESCRIPTOR = 9  # the filter's, in a command that is only shown; a shell redirects single digits alone


class BubblewrapEngine(Engine):
    """Runs images with ``bwrap``."""

    name = "bubblewrap"

    def __init__(self, store: Layout, cache: Path) -> None:
        """Say where images come from and where they are unpacked.

        Args:
            store: The local image store.
            cache: The cache directory.
        """
        self._store = store
        self._cache = cache

    def available(self) -> Availability:
        """Start a program in the namespaces that a run needs."""
        return probe()

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

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the whole command, which reads the filter of system calls on a descriptor; nothing is made."""
        with open_image(profile.image, self._store) as source:
            return bubblewrap_command(profile, source.image, rootfs_path(source.image, self._cache), _SHOWN_DESCRIPTOR)

    def shell_line(self, profile: HardenedProfile) -> str:
        """Return the command with the redirection that gives it the filter."""
        with open_call_filter() as calls:
            redirection = f"{_SHOWN_DESCRIPTOR}<{shlex.quote(str(calls.path))}"
        return f"{super().shell_line(profile)} {redirection}"

    def run(self, profile: HardenedProfile) -> int:
        """Run attached to our standard streams."""
        with self._invocation(profile) as client:
            return attach(client, _nothing_else, grace=2.0)

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input and return what the program wrote."""
        with self._invocation(profile) as client:
            return capture(client, _nothing_else, timeout)

    def _name_for(self, typed: str, local_name: str) -> str:
        del local_name
        return typed

    @contextmanager
    def _invocation(self, profile: HardenedProfile, before: Sequence[str] = ()) -> Iterator[Invocation]:
        """Unpack the image, make its mount points and the output, and lend what starts the container.

        Args:
            profile: The run.
            before: A program, with its arguments, that starts the rest.
        """
        make_output(profile)
        with open_image(profile.image, self._store) as source, open_call_filter() as calls:
            root = unpacked(source, self._cache)
            make_mount_points(profile, root)
            words = [*before, *bubblewrap_command(profile, source.image, root, calls.descriptor)]
            yield Invocation(words, (calls.descriptor,), leave_session_keyring)


def _nothing_else() -> None:
    """Killing bwrap is enough: the kernel ends every process of its namespace with it."""
