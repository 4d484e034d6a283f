"""A hardened run as a command of bubblewrap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.image import Image
from nautiloid.oci.model import ImageConfig
from nautiloid.oci.unpack import resolve_inside
from nautiloid.run.engine import EngineError
from nautiloid.run.masks import bubblewrap_masks
from nautiloid.run.output import prepare_output
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.rlimits import rlimits
from nautiloid.run.staging import Staging

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ISOLATION = ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session")


def bubblewrap_command(profile: HardenedProfile, image: Image, root: Path, calls: int) -> list[str]:
    """Return the whole command of a run; nothing is made.

    Args:
        profile: The run.
        image: What is run.
        root: Where it lies unpacked.
        calls: The descriptor on which bwrap reads the filter of system calls.

    Raises:
        UsageError: GPUs are asked for.
        EngineError: The image names no program.
    """
    if profile.gpus:
        raise UsageError("The bubblewrap engine has no GPUs.", "Use --engine docker or --engine podman.")
    stage = Staging(profile.user)
    inner = [
        *(*rlimits(profile, stage.outside), *isolated(profile.user), "--seccomp", str(calls)),
        *(["--share-net"] if profile.network == "host" else []),
        *("--hostname", profile.hostname, "--cap-drop", "ALL", "--clearenv"),
        *_environment(profile, image.config),
        *("--ro-bind", stage.lend(root), "/", "--proc", "/proc", *bubblewrap_masks(), "--dev", "/dev"),
        *("--perms", "1777", "--size", str(profile.shared_memory), "--tmpfs", "/dev/shm"),  # noqa: S108
        *_mounts(profile, root, stage),
        *("--remount-ro", "/dev"),
        *("--chdir", str(profile.workdir or image.config.working_dir or "/"), "--"),
        *_program(profile, image.config),
    ]
    return stage.wrap(inner)


def isolated(user: User) -> list[str]:
    """Return bwrap with namespaces of its own for everything, and who one is in them."""
    return ["bwrap", *_ISOLATION, "--uid", str(user.uid), "--gid", str(user.gid)]


def make_output(profile: HardenedProfile) -> None:
    """Make sure that the user as whom the container really runs can write to the output directory.

    Raises:
        OutputError: It cannot be made or written to.
    """
    if profile.output:
        prepare_output(profile.output.source, Staging(profile.user).outside)


def make_mount_points(profile: HardenedProfile, root: Path) -> None:
    """Make what is mounted over, since the root is read-only by then; empty places stay in the cache."""
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


def _environment(profile: HardenedProfile, config: ImageConfig) -> Iterator[str]:
    declared = dict(entry.split("=", 1) for entry in config.env if "=" in entry)
    for name, value in {"PATH": _PATH, "HOME": "/", **declared, **profile.environment}.items():
        yield from ("--setenv", name, value)


def _mounts(profile: HardenedProfile, root: Path, stage: Staging) -> Iterator[str]:
    """Mount outer paths before the paths inside them."""
    binds = {mount.target: ("--ro-bind", stage.lend(mount.source)) for mount in profile.mounts}
    if profile.output:
        binds[profile.output.target] = ("--bind", stage.lend(profile.output.source, writable=True))
    size = ("--size", str(profile.scratch_memory)) if profile.scratch_memory else ()
    scratch: dict[PurePosixPath, tuple[str, ...]] = dict.fromkeys(profile.tmpfs, ("--perms", "1777", *size, "--tmpfs"))
    for target, option in sorted({**binds, **scratch}.items()):
        yield from (*option, str(_in_container(target, root)))
    if profile.network == "host":
        for name in ("/etc/hosts", "/etc/resolv.conf"):
            yield from ("--ro-bind-try", name, str(_in_container(PurePosixPath(name), root)))


def _in_container(target: PurePosixPath, root: Path) -> PurePosixPath:
    """Return the path that a mount really gets, which a link in the image may send elsewhere."""
    return PurePosixPath("/", resolve_inside(root, target).relative_to(root))


def _program(profile: HardenedProfile, config: ImageConfig) -> tuple[str, ...]:
    if profile.entrypoint:
        return (*profile.entrypoint, *profile.args)
    program = (*config.entrypoint, *(profile.args or config.cmd))
    if not program:
        raise EngineError(f"The image {profile.image} names no program.", "Name one after the image.")
    return program
