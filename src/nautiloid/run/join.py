"""Starting a program of another image inside the namespaces of a container that bubblewrap runs: a program of its own.

    python -m nautiloid.run.join PROCESS ROOT WORD...

``WORD...`` is a command of bubblewrap in which ``@ROOT`` and ``@PROCESSES`` stand for the other image's root file
system and the descriptor of the container's process namespace. bubblewrap cannot join a network by itself, so this
enters the container's user namespace (where whoever started the container may do all, and outside of it nothing), its
network and its names, and only then becomes bubblewrap.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nautiloid.run.namespaces import enter
from nautiloid.run.staging import STAGE

_NEW_MOUNTS = 0x20000  # CLONE_NEWNS of unshare(2)
_BIND, _RECURSIVE, _SLAVE = 0x1000, 0x4000, 0x80000  # mount(2)
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(words: Sequence[str]) -> None:
    """Enter, and become what the words say."""
    process, root, *command = words
    processes = os.open(f"/proc/{process}/ns/pid", os.O_RDONLY)
    seen = _within_reach(Path(root)) if os.geteuid() == 0 else Path(root)
    os.chdir("/")
    enter(int(process), ["net", "ipc", "uts"])
    os.setresgid(0, 0, 0)  # number 0 of the container's user namespace: the user who started it, and nobody else
    os.setresuid(0, 0, 0)
    os.set_inheritable(processes, True)
    stands_for = {"@ROOT": str(seen), "@PROCESSES": str(processes)}
    os.execvp(command[0], [stands_for.get(word, word) for word in command])  # noqa: S606 - what our parent says


def _within_reach(root: Path) -> Path:
    """Show root's private cache to the container's user, in a mount namespace of our own, as ``staging`` does."""
    _call(_LIBC.unshare(_NEW_MOUNTS))
    _call(_LIBC.mount(None, b"/", None, _RECURSIVE | _SLAVE, None))
    _call(_LIBC.mount(b"tmpfs", bytes(STAGE), b"tmpfs", 0, None))
    place = STAGE / "root"
    place.mkdir()
    _call(_LIBC.mount(bytes(root), bytes(place), None, _BIND, None))
    return place


def _call(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
