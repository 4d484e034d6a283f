"""A hardened run as an OCI bundle: the ``config.json`` that OCI runtimes start (OCI runtime-spec 1.0)."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from nautiloid.oci.image import Image
from nautiloid.run.confinement import oci_call_filter
from nautiloid.run.process import environment, program, working_directory
from nautiloid.run.profile import HardenedProfile, Mount, User

_CAPABILITIES = ("bounding", "effective", "inheritable", "permitted", "ambient")
_NAMESPACES = ("pid", "ipc", "uts", "mount")
_SCRATCH = ("nosuid", "nodev", "mode=1777")


def bundle_config(profile: HardenedProfile, image: Image, root: Path, user: User) -> dict[str, object]:
    """Return the configuration of one run.

    Args:
        profile: The run.
        image: What is run.
        root: Where it lies unpacked.
        user: Whom the program runs as, as the sandbox counts.

    Raises:
        EngineError: The image names no program.
    """
    namespaces = [*_NAMESPACES, *(["network"] if profile.network == "none" else [])]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": user.uid, "gid": user.gid},
            "args": list(program(profile, image.config)),
            "env": [f"{name}={value}" for name, value in environment(profile, image.config).items()],
            "cwd": working_directory(profile, image.config),
            "capabilities": {kind: [] for kind in _CAPABILITIES},
            "noNewPrivileges": True,
            "rlimits": list(_rlimits(profile)),
        },
        "root": {"path": str(root), "readonly": True},
        "hostname": profile.hostname,
        "mounts": list(_mounts(profile)),
        "linux": {"namespaces": [{"type": kind} for kind in namespaces], "seccomp": oci_call_filter()},
    }


def _rlimits(profile: HardenedProfile) -> Iterator[dict[str, object]]:
    limits = {"core": (0, 0)} | {limit.name: (limit.soft, limit.hard) for limit in profile.ulimits}
    for name, values in limits.items():
        soft, hard = (2**64 - 1 if value == resource.RLIM_INFINITY else value for value in values)
        yield {"type": f"RLIMIT_{name.upper()}", "soft": soft, "hard": hard}


def _mounts(profile: HardenedProfile) -> Iterator[dict[str, object]]:
    """Yield what is mounted, outer paths before the paths inside them."""
    yield {"destination": "/proc", "type": "proc", "source": "proc"}
    shared = [*_SCRATCH, f"size={profile.shared_memory}"]
    yield {"destination": "/dev/shm", "type": "tmpfs", "source": "tmpfs", "options": shared}  # noqa: S108
    size = [f"size={profile.scratch_memory}"] if profile.scratch_memory else []
    mounts: dict[str, dict[str, object]] = {
        str(path): {"type": "tmpfs", "source": "tmpfs", "options": [*_SCRATCH, *size]} for path in profile.tmpfs
    }
    for mount in profile.mounts:
        mounts[str(mount.target)] = _bind(mount, "ro")
    if profile.output:
        mounts[str(profile.output.target)] = _bind(profile.output, "rw", "nosuid", "nodev")
    for path, settings in sorted(mounts.items()):
        yield {"destination": path, **settings}


def _bind(mount: Mount, *options: str) -> dict[str, object]:
    return {"type": "bind", "source": str(mount.source), "options": ["rbind", *options]}
