"""The embedded engine: bubblewrap on the unpacked image, where there is neither Docker nor Podman.

It needs no daemon and no root. The image's root file system lies unpacked in the cache and is mounted
read-only in new user, mount, process, network, IPC and host name namespaces, with no capability and no way
to gain one, behind Docker's filter of system calls and Docker's masks over ``/proc``, with a session keyring of its
own. Differences from Docker: limits are per process (rlimits), and an interrupt ends the program at once.
"""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from nautiloid.errors import UsageError
from nautiloid.oci.errors import ImageNotFoundError
from nautiloid.oci.image import Image
from nautiloid.oci.layout import Layout
from nautiloid.oci.model import ImageConfig
from nautiloid.oci.source import ImageSource, open_image
from nautiloid.oci.unpack import resolve_inside, rootfs_path, unpacked
from nautiloid.progress import SILENT, Progress
from nautiloid.run.confinement import leave_session_keyring, open_call_filter
from nautiloid.run.engine import Availability, Engine, EngineError
from nautiloid.run.masks import bubblewrap_masks
from nautiloid.run.output import prepare_output
from nautiloid.run.profile import HardenedProfile, User
from nautiloid.run.staging import Stage
from nautiloid.run.supervise import CompletedRun, Invocation, attach, capture

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_ISOLATION = ("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session")
_PROBE_SECONDS = 20
_SHOWN_DESCRIPTOR = 9  # the filter's, in a command that is only shown; a shell redirects single digits alone


class BubblewrapEngine(Engine):
    """Runs images with ``bwrap``."""

    name = "bubblewrap"

    def __init__(self, store: Layout, cache: Path) -> None:
        """Say where images come from and where they are unpacked.

        Args:
            store: The local image store.
            cache: The cache directory.
        """
        self._store = store
        self._cache = cache

    def available(self) -> Availability:
        """Start a program in the namespaces that a run needs."""
        for program, package in (
            ("bwrap", "bubblewrap"),
            ("prlimit", "util-linux"),
            ("setpriv", "util-linux"),
        ):
            if shutil.which(program) is None:
                return Availability(False, f"{program} is not installed", f"apt-get install {package}")
        user = User.default()
        stage = Stage(user)
        inner = ["bwrap", *_ISOLATION, *_identity(user), "--cap-drop", "ALL", "--ro-bind", "/", "/"]
        probe = stage.wrap([*inner, "--proc", "/proc", "--dev", "/dev", "true"])
        try:
            answer = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return Availability(False, "bwrap does not finish")
        if answer.returncode == 0:
            return Availability(True)
        return Availability(False, f"bwrap does not work: {answer.stderr.strip()}", _remedy())

    def holds(self, image: Image, reference: str) -> bool:
        """Tell whether the image has been unpacked already."""
        del reference
        return rootfs_path(image, self._cache).is_dir()

    def load(self, source: ImageSource, reference: str, progress: Progress = SILENT) -> None:
        """Unpack the image into the cache."""
        del reference
        unpacked(source, self._cache, progress)

    def labels_of(self, reference: str) -> Mapping[str, str]:
        """Refuse: this engine has no images beside the store's."""
        raise ImageNotFoundError(
            f"There is no image {reference} in Nautiloid's store.", "Build it with nautiloid build."
        )

    def command(self, profile: HardenedProfile) -> list[str]:
        """Return the whole command, which reads the filter of system calls on a descriptor; nothing is made."""
        with open_image(profile.image, self._store) as source:
            return self._command(profile, source.image, rootfs_path(source.image, self._cache), _SHOWN_DESCRIPTOR)

    def shell_line(self, profile: HardenedProfile) -> str:
        """Return the command with the redirection that gives it the filter."""
        with open_call_filter() as calls:
            redirection = f"{_SHOWN_DESCRIPTOR}<{shlex.quote(str(calls.path))}"
        return f"{super().shell_line(profile)} {redirection}"

    def run(self, profile: HardenedProfile) -> int:
        """Run attached to our standard streams."""
        with self._invocation(profile) as client:
            return attach(client, _nothing_else, grace=2.0)

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run without input and return what the program wrote."""
        with self._invocation(profile) as client:
            return capture(client, _nothing_else, timeout)

    def _name_for(self, typed: str, local_name: str) -> str:
        del local_name
        return typed

    @contextmanager
    def _invocation(self, profile: HardenedProfile, before: Sequence[str] = ()) -> Iterator[Invocation]:
        """Unpack the image, make its mount points and the output, and lend what starts the container.

        Args:
            profile: The run.
            before: A program, with its arguments, that starts the rest.
        """
        if profile.output:
            prepare_output(profile.output.source, Stage(profile.user).outside)
        with open_image(profile.image, self._store) as source, open_call_filter() as calls:
            root = unpacked(source, self._cache)
            _make_mount_points(profile, root)
            words = [*before, *self._command(profile, source.image, root, calls.descriptor)]
            yield Invocation(words, (calls.descriptor,), leave_session_keyring)

    def _command(self, profile: HardenedProfile, image: Image, root: Path, calls: int) -> list[str]:
        if profile.gpus:
            raise UsageError("The bubblewrap engine has no GPUs.", "Use --engine docker or --engine podman.")
        stage = Stage(profile.user)
        inner = [
            *(*_limits(profile, stage.outside), "bwrap", *_ISOLATION, "--seccomp", str(calls)),
            *(["--share-net"] if profile.network == "host" else []),
            *(*_identity(profile.user), "--hostname", profile.hostname, "--cap-drop", "ALL", "--clearenv"),
            *_environment(profile, image.config),
            *("--ro-bind", stage.lend(root), "/", "--proc", "/proc", *bubblewrap_masks(), "--dev", "/dev"),
            *("--perms", "1777", "--size", str(profile.shared_memory), "--tmpfs", "/dev/shm"),  # noqa: S108
            *_mounts(profile, root, stage),
            *("--remount-ro", "/dev"),
            *("--chdir", str(profile.workdir or image.config.working_dir or "/"), "--"),
            *_program(profile, image.config),
        ]
        return stage.wrap(inner)


def _identity(user: User) -> list[str]:
    return ["--uid", str(user.uid), "--gid", str(user.gid)]


def _environment(profile: HardenedProfile, config: ImageConfig) -> Iterator[str]:
    declared = dict(entry.split("=", 1) for entry in config.env if "=" in entry)
    for name, value in {"PATH": _PATH, "HOME": "/", **declared, **profile.environment}.items():
        yield from ("--setenv", name, value)


def _mounts(profile: HardenedProfile, root: Path, stage: Stage) -> Iterator[str]:
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


def _make_mount_points(profile: HardenedProfile, root: Path) -> None:
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


def _limits(profile: HardenedProfile, user: User) -> list[str]:
    """Write what bwrap cannot limit as rlimits; the kernel counts processes per user, so ours count too."""
    limits = ["prlimit", "--core=0", f"--nproc={_within_hard_limit(profile.pids + _processes_of(user.uid))}"]
    if profile.memory:
        limits.append(f"--data={profile.memory}")
    cpus = sorted(os.sched_getaffinity(0))
    if profile.cpus and profile.cpus < len(cpus):
        chosen = cpus[: max(1, round(profile.cpus))]
        return [*limits, "taskset", "--cpu-list", ",".join(str(cpu) for cpu in chosen)]
    return limits


def _within_hard_limit(processes: int) -> int:
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return processes if hard == resource.RLIM_INFINITY else min(processes, hard)


def _processes_of(uid: int) -> int:
    """Count the user's threads on this machine; what ends meanwhile does not count."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.stat().st_uid == uid:
                count += sum(1 for _ in (process / "task").iterdir())
        except OSError:
            continue
    return count


def _program(profile: HardenedProfile, config: ImageConfig) -> tuple[str, ...]:
    if profile.entrypoint:
        return (*profile.entrypoint, *profile.args)
    program = (*config.entrypoint, *(profile.args or config.cmd))
    if not program:
        raise EngineError(f"The image {profile.image} names no program.", "Name one after the image.")
    return program


def _remedy() -> str:
    if _APPARMOR.exists() and _APPARMOR.read_text().strip() == "1":
        return (
            "AppArmor keeps users from making namespaces here: allow it with "
            "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or install Docker"
        )
    return "allow unprivileged user namespaces (sysctl user.max_user_namespaces), or install Docker"


def _nothing_else() -> None:
    """Killing bwrap is enough: the kernel ends every process of its namespace with it."""
