"""The writable output directory: there, and writable by the one who runs, before the engine starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from nautiloid.errors import NautiloidError
from nautiloid.run.profile import User


class OutputError(NautiloidError):
    """The output directory cannot be made, or the container's user could not write to it."""


def prepare_output(directory: Path, user: User) -> None:
    """Make the output directory if it is missing, and make sure that ``user`` can write there.

    A directory that root makes is given to that user, and so is an empty one of root's; any other that exists is never
    changed.

    Raises:
        OutputError: It cannot be made or written to.
    """
    if not directory.exists():
        _make(directory, user)
    elif is_given(directory, user):
        os.chown(directory, user.uid, user.gid)
    elif not can_write(directory, user):
        owner = directory.stat().st_uid
        raise OutputError(
            f"The container runs as {user}, which cannot write to {directory}.",
            f"Run `chown {user} {directory}`, name a new or empty directory, or run as its owner: --user {owner}.",
        )


def is_given(directory: Path, user: User) -> bool:
    """Tell whether root gives the user a directory that exists: its own, empty, and none of the system's.

    Whoever makes a directory right before a run means what Nautiloid would have made itself. What has files in it may
    be meant for others too, and a directory at the top of the file system, or one with another mounted on it, is.
    """
    if os.geteuid() != 0 or can_write(directory, user) or directory.stat().st_uid != 0:
        return False
    place = directory.resolve()
    of_the_system = place.parent == place.parent.parent or place.is_mount()
    return not of_the_system and not any(place.iterdir())


def can_write(directory: Path, user: User) -> bool:
    """Tell whether the directory's mode lets the user make files there (only the main group counts)."""
    status = directory.stat()
    needed = stat.S_IWOTH | stat.S_IXOTH
    if user.uid == 0:
        return True
    if user.uid == status.st_uid:
        return status.st_mode & needed << 6 == needed << 6
    if user.gid == status.st_gid:
        return status.st_mode & needed << 3 == needed << 3
    return status.st_mode & needed == needed


def _make(directory: Path, user: User) -> None:
    try:
        directory.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(directory, user.uid, user.gid)
    except OSError as error:
        raise OutputError(f"The output directory {directory} cannot be made: {error.strerror}.") from error
    if not can_write(directory, user):
        raise OutputError(
            f"The container runs as {user}, which cannot write to the new directory {directory}.",
            "Leave --user away, or make the directory writable for that user.",
        )
