"""A hardened run as a command of bubblewrap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.image import Image
from nautiloid.run.masks import bubblewrap_masks
from nautiloid.run.mount_points import Opening, is_within, openings, resolved, targets
from nautiloid.run.output import prepare_output
from nautiloid.run.process import environment, program, working_directory
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.rlimits import rlimits
from nautiloid.run.staging import Staging

_ISOLATION = ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session")


def bubblewrap_command(
    profile: HardenedProfile,
    image: Image,
    root: Path,
    own: Mapping[PurePosixPath, Path],
    calls: int,
    *,
    together: bool = False,
) -> list[str]:
    """Return the whole command of a run; nothing is made.

    Args:
        profile: The run.
        image: What is run.
        root: Where it lies unpacked.
        own: The files that tell it its names.
        calls: The descriptor on which bwrap reads the filter of system calls.
        together: Whether a control group limits all of the run, so that limits for each process are not needed.

    Raises:
        UsageError: GPUs are asked for, or the image has no room for a mount.
        EngineError: The image names no program.
    """
    if profile.gpus:
        raise UsageError("The bubblewrap engine has no GPUs.", "Use --engine docker or --engine podman.")
    stage = Staging(profile.user)
    seen = Path(stage.lend(root))
    anew = openings(profile, root, stage.outside)
    whole = [] if anew and anew[0].directory == root else ["--ro-bind", str(seen), "/"]
    inner = [
        *(*rlimits(profile, stage.outside, together=together), *isolated(profile.user), "--seccomp", str(calls)),
        *(["--share-net"] if profile.network == "host" else []),
        *("--hostname", profile.hostname, "--cap-drop", "ALL", "--clearenv"),
        *(word for name, value in environment(profile, image.config).items() for word in ("--setenv", name, value)),
        *(*whole, *(word for one in anew for word in _opened(one, seen / one.directory.relative_to(root)))),
        *("--proc", "/proc", *bubblewrap_masks(), "--dev", "/dev"),
        *("--perms", "1777", "--size", str(profile.shared_memory), "--tmpfs", "/dev/shm"),  # noqa: S108
        *_mounts(profile, root, own, stage),
        *(word for place in ("/dev", *(str(one.place) for one in anew)) for word in ("--remount-ro", place)),
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


def _opened(opening: Opening, seen: Path) -> Iterator[str]:
    """Make a directory anew in memory, and mount in it what the image has there."""
    if opening.place != PurePosixPath("/"):  # where nothing is mounted at the root, bubblewrap makes it so by itself
        yield from ("--perms", f"{opening.mode:04o}", "--tmpfs", str(opening.place))
    for path in opening.kept:
        yield from ("--ro-bind", str(seen / path.name), str(opening.place / path.name))
    for link in opening.links:
        yield from ("--symlink", str(link.readlink()), str(opening.place / link.name))


def _mounts(profile: HardenedProfile, root: Path, own: Mapping[PurePosixPath, Path], stage: Staging) -> Iterator[str]:
    """Mount outer paths before the paths inside them."""
    mounted = targets(profile, root)
    free = {resolved(target, root): file for target, file in own.items()}
    binds = {
        target: ("--ro-bind", stage.lend(file))
        for target, file in free.items()
        if not is_within(target, mounted) and (root / target.relative_to("/")).is_file()
    }
    for mount in profile.mounts:
        binds[resolved(mount.target, root)] = ("--ro-bind", stage.lend(mount.source))
    if profile.output:
        binds[resolved(profile.output.target, root)] = ("--bind", stage.lend(profile.output.source, writable=True))
    size = ("--size", str(profile.scratch_memory)) if profile.scratch_memory else ()
    scratch = dict.fromkeys((resolved(path, root) for path in profile.tmpfs), ("--perms", "1777", *size, "--tmpfs"))
    for target, option in sorted({**scratch, **binds}.items()):
        yield from (*option, str(target))
