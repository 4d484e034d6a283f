"""A hardened run as an OCI bundle: the ``config.json`` that OCI runtimes start (OCI runtime-spec 1.0)."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.oci.image import Image
from nautiloid.run.confinement import oci_call_filter
from nautiloid.run.mount_points import Opening, is_within, lay_out, openings, resolved, targets
from nautiloid.run.process import environment, program, working_directory
from nautiloid.run.profile import HardenedProfile, User

_CAPABILITIES = ("bounding", "effective", "inheritable", "permitted", "ambient")
_NAMESPACES = ("pid", "ipc", "uts", "mount")
_SCRATCH = ("nosuid", "nodev", "mode=1777")


@dataclass(frozen=True)
class Ground:
    """What a run stands on.

    Attributes:
        root: Where the image lies unpacked.
        own: The files that tell it its names, by where it has them.
        anew: Directories that it gets anew, and where they are laid out.
    """

    root: Path
    own: Mapping[PurePosixPath, Path]
    anew: Sequence[tuple[Opening, Path]]

    @classmethod
    def of(cls, profile: HardenedProfile, root: Path, own: Mapping[PurePosixPath, Path], bundle: Path) -> Ground:
        """Return what a run stands on whose bundle lies in a directory; nothing is made."""
        anew = openings(profile, root, profile.user)
        return cls(root, own, [(one, bundle / f"anew-{number}") for number, one in enumerate(anew)])

    def lay_out(self) -> None:
        """Make the directories that it gets anew."""
        for opening, place in self.anew:
            lay_out(opening, place)


def bundle_config(profile: HardenedProfile, image: Image, ground: Ground, user: User) -> dict[str, object]:
    """Return the configuration of one run.

    Args:
        profile: The run.
        image: What is run.
        ground: What it stands on.
        user: Whom the program runs as, as the sandbox counts.

    Raises:
        EngineError: The image names no program.
    """
    root = next((laid for one, laid in ground.anew if one.directory == ground.root), ground.root)
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
        "mounts": list(_mounts(profile, ground)),
        "linux": {"namespaces": [{"type": kind} for kind in namespaces], "seccomp": oci_call_filter()},
    }


def _rlimits(profile: HardenedProfile) -> Iterator[dict[str, object]]:
    limits = {"core": (0, 0)} | {limit.name: (limit.soft, limit.hard) for limit in profile.ulimits}
    for name, values in limits.items():
        soft, hard = (2**64 - 1 if value == resource.RLIM_INFINITY else value for value in values)
        yield {"type": f"RLIMIT_{name.upper()}", "soft": soft, "hard": hard}


def _mounts(profile: HardenedProfile, ground: Ground) -> Iterator[dict[str, object]]:
    """Yield what is mounted, outer paths before the paths inside them."""
    for opening, laid in ground.anew:
        if opening.directory != ground.root:
            yield {"destination": str(opening.place), **_bind(laid, "ro")}
        for path in opening.kept:
            yield {"destination": str(opening.place / path.name), **_bind(path, "ro")}
    yield {"destination": "/proc", "type": "proc", "source": "proc"}
    shared = [*_SCRATCH, f"size={profile.shared_memory}"]
    yield {"destination": "/dev/shm", "type": "tmpfs", "source": "tmpfs", "options": shared}  # noqa: S108
    mounted = targets(profile, ground.root)
    size = [f"size={profile.scratch_memory}"] if profile.scratch_memory else []
    mounts: dict[PurePosixPath, dict[str, object]] = {}
    for target, file in ((resolved(target, ground.root), file) for target, file in ground.own.items()):
        if not is_within(target, mounted) and (ground.root / target.relative_to("/")).is_file():
            mounts[target] = _bind(file, "ro")
    for scratch in profile.tmpfs:
        settings: dict[str, object] = {"type": "tmpfs", "source": "tmpfs", "options": [*_SCRATCH, *size]}
        mounts[resolved(scratch, ground.root)] = settings
    for mount in profile.mounts:
        mounts[resolved(mount.target, ground.root)] = _bind(mount.source, "ro")
    if profile.output:
        mounts[resolved(profile.output.target, ground.root)] = _bind(profile.output.source, "rw", "nosuid", "nodev")
    for place, settings in sorted(mounts.items()):
        yield {"destination": str(place), **settings}


def _bind(source: Path, *options: str) -> dict[str, object]:
    return {"type": "bind", "source": str(source), "options": ["rbind", *options]}
