"""The embedded engine: bubblewrap on the unpacked image, where there is neither Docker nor Podman.

It needs no daemon and no root. The image's root file system lies unpacked in the cache and is mounted
read-only in new user, mount, process, network, IPC and host name namespaces, with no capability and no way
to gain one, behind Docker's filter of system calls and Docker's masks over ``/proc``, with a session keyring of its
own. Limits hold for the whole run where this machine lets us have a control group, else for each process.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nautiloid.oci.source import open_image
from nautiloid.oci.unpack import rootfs_path
from nautiloid.run.bubblewrap_command import bubblewrap_command, make_output
from nautiloid.run.bubblewrap_probe import probe
from nautiloid.run.confinement import leave_session_keyring, open_call_filter
from nautiloid.run.engine import Availability
from nautiloid.run.limits import limits
from nautiloid.run.namespaces import program_of
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.publishing import published
from nautiloid.run.supervise import Invocation
from nautiloid.run.unpacking import UnpackingEngine

_SHOWN_DESCRIPTOR = 9  # the filter's, in a command that is only shown; a shell redirects single digits alone


class BubblewrapEngine(UnpackingEngine):
    """Runs images with ``bwrap``."""

    name = "bubblewrap"

    def available(self) -> Availability:
        """Start a program in the namespaces that a run needs."""
        return probe()

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the whole command, which reads the filter of system calls on a descriptor."""
        with open_image(profile.image, self._store) as source:
            root, own = rootfs_path(source.image, self._cache), self._own_files(profile)
            return bubblewrap_command(profile, source.image, root, own, _SHOWN_DESCRIPTOR)

    def shell_line(self, profile: HardenedProfile) -> str:
        """Return the command with the redirection that gives it the filter."""
        with open_call_filter() as calls:
            redirection = f"{_SHOWN_DESCRIPTOR}<{shlex.quote(str(calls.path))}"
        return f"{super().shell_line(profile)} {redirection}"

    def shortcomings(self, profile: HardenedProfile) -> Iterator[str]:
        """Say where limits hold for each process alone."""
        if profile.memory or profile.cpus:
            with limits(profile) as held:
                if not held.together:
                    yield (
                        "--memory and --cpus limit each process by itself, not all together: no control group can be "
                        "made here (systemd's user manager could, and root)"
                    )

    @contextmanager
    def _invocation(self, profile: HardenedProfile, before: Sequence[str] = ()) -> Iterator[Invocation]:
        make_output(profile)
        with (
            open_image(profile.image, self._store) as source,
            open_call_filter() as calls,
            limits(profile) as held,
            published(profile.ports) as carrying,
        ):
            root = self._root_of(source, profile)
            own = self._own_files(profile)
            inner = bubblewrap_command(profile, source.image, root, own, calls.descriptor, together=held.together)

            def prepare() -> None:
                leave_session_keyring()
                if held.enter:
                    held.enter()

            # Killing bwrap is enough: the kernel ends every process of its namespace with it.
            yield Invocation(
                [*held.words, *before, *inner], (calls.descriptor,), prepare, deliver=_signal, beside=carrying
            )


def _signal(client: int, signum: int) -> bool:
    """Hand a signal to the program of a container: bwrap itself would die of it, and the program with it."""
    program = program_of(client)
    if program is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(program, signum)
    return True
