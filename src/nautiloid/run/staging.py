"""Becoming a container's user before bubblewrap starts, when root asks for another user.

A user namespace maps one number. If root started the container itself, a program that sees itself as 65532
would be root to the kernel: its outputs would belong to root. So root first puts the image and the mounts
into a private mount namespace where the other user can reach them (root's home and cache it could not),
then becomes that user for good, and only then starts the container.
"""

from __future__ import annotations

import os
from pathlib import Path

from nautiloid.run.profile import User

# Empty on any machine that follows the Filesystem Hierarchy Standard; covered in our mount namespace only.
STAGE = Path("/mnt")


class Staging:
    """What a container's user needs to see of this machine.

    Attributes:
        outside: The user that the kernel, and so every file, sees.
    """

    def __init__(self, user: User) -> None:
        self._needed = os.geteuid() == 0 and user.uid != 0
        self.outside = user if self._needed else User(os.geteuid(), os.getegid())
        self._lent: list[str] = []

    def lend(self, path: Path, *, writable: bool = False) -> str:
        """Return the path at which the container's user reaches ``path``."""
        if not self._needed:
            return str(path)
        place = STAGE / str(len(self._lent) // 3)
        self._lent += ["--bind" if writable else "--ro-bind", str(path), str(place)]
        return str(place)

    def wrap(self, command: list[str]) -> list[str]:
        """Return the command that runs ``command`` as that user."""
        if not self._needed:
            return command
        mounts = ["--dev-bind", "/", "/", "--tmpfs", str(STAGE), *self._lent]
        # A bwrap that dies may not signal another user's process, so that dying with the parent would stop here; the
        # end of a process namespace spares nobody. It gets no /proc of its own: bwrap would cover parts of it, and the
        # kernel then refuses one to the container, whose user namespace could look under the covers.
        lifetime = ["--unshare-pid", "--die-with-parent"]
        become = ["--reuid", str(self.outside.uid), "--regid", str(self.outside.gid), "--clear-groups"]
        return ["bwrap", *mounts, *lifetime, "--", "setpriv", *become, *command]
