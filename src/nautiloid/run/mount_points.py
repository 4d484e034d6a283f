"""Places in an unpacked image over which a run mounts something."""

from __future__ import annotations

import contextlib
from pathlib import Path, PurePosixPath

from nautiloid.oci.unpack import resolve_inside
from nautiloid.run.profile import HardenedProfile


def make_mount_points(profile: HardenedProfile, root: Path, working_directory: str) -> None:
    """Make what is mounted over, since the root is read-only by then; empty places stay in the cache.

    Args:
        profile: The run.
        root: Where the image lies unpacked.
        working_directory: The image's own. Where it is missing it is made, as Docker and Podman do.
    """
    directories = {*profile.tmpfs, PurePosixPath("/proc"), PurePosixPath("/dev")}
    files: set[PurePosixPath] = set()
    for mount in (*profile.mounts, *([profile.output] if profile.output else [])):
        (files if mount.source.is_file() else directories).add(mount.target)
    if profile.network == "host":
        files |= {PurePosixPath("/etc/hosts"), PurePosixPath("/etc/resolv.conf")}
    for target in directories:
        resolve_inside(root, target).mkdir(parents=True, exist_ok=True)
    for target in files:
        place = resolve_inside(root, target)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(exist_ok=True)
    # Where a file is in the way, bubblewrap or runsc says so itself.
    with contextlib.suppress(FileExistsError, NotADirectoryError):
        resolve_inside(root, PurePosixPath("/", working_directory)).mkdir(parents=True, exist_ok=True)
