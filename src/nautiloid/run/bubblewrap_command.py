"""A hardened run as a command of bubblewrap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.image import Image
from nautiloid.oci.unpack import resolve_inside
from nautiloid.run.masks import bubblewrap_masks
from nautiloid.run.output import prepare_output
from nautiloid.run.process import environment, program, working_directory
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.rlimits import rlimits
from nautiloid.run.staging import Staging

_ISOLATION = ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session")


def bubblewrap_command(
    profile: HardenedProfile, image: Image, root: Path, calls: int, *, together: bool = False
) -> list[str]:
    """Return the whole command of a run; nothing is made.

    Args:
        profile: The run.
        image: What is run.
        root: Where it lies unpacked.
        calls: The descriptor on which bwrap reads the filter of system calls.
        together: Whether a control group limits all of the run, so that limits for each process are not needed.

    Raises:
        UsageError: GPUs are asked for.
        EngineError: The image names no program.
    """
    if profile.gpus:
        raise UsageError("The bubblewrap engine has no GPUs.", "Use --engine docker or --engine podman.")
    stage = Staging(profile.user)
    inner = [
        *(*rlimits(profile, stage.outside, together=together), *isolated(profile.user), "--seccomp", str(calls)),
        *(["--share-net"] if profile.network == "host" else []),
        *("--hostname", profile.hostname, "--cap-drop", "ALL", "--clearenv"),
        *(word for name, value in environment(profile, image.config).items() for word in ("--setenv", name, value)),
        *("--ro-bind", stage.lend(root), "/", "--proc", "/proc", *bubblewrap_masks(), "--dev", "/dev"),
        *("--perms", "1777", "--size", str(profile.shared_memory), "--tmpfs", "/dev/shm"),  # noqa: S108
        *_mounts(profile, root, stage),
        *("--remount-ro", "/dev"),
        *("--chdir", working_directory(profile, image.config), "--"),
        *program(profile, image.config),
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
