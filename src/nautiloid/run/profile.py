"""The hardened run profile: everything about one run, said once and for every engine.

Some of it is not for choosing: the root file system is read-only, every capability is dropped, and no
process gains privileges. A profile can only say what a run needs beyond that.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from nautiloid import labels
from nautiloid.errors import UsageError
from nautiloid.run.ports import Port
from nautiloid.run.ulimits import Ulimit

NONROOT = 65532

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_MOST = 2**63  # what the kernel counts with; also keeps infinity and what is no number away
_KERNELS_OWN = ("proc", "sys", "dev")
_LARGEST_ID = 2**32 - 2

# Docker's options of a mount: https://docs.docker.com/engine/storage/bind-mounts/
_LABELS = "the labels that SELinux keeps of files are never changed", "Leave it away, or label them with chcon."
_NOT_DONE = {
    "rw": ("what is mounted is only read", "The one directory to write to is --output HOST:CONTAINER."),
    "ro": ("the output is written to", "What is only read is --mount HOST:CONTAINER."),
    "z": _LABELS,
    "Z": _LABELS,
}
_FOR_OTHER_SYSTEMS = frozenset({"cached", "consistent", "delegated"})


@dataclass(frozen=True)
class User:
    """The numeric user and group that the program runs as."""

    uid: int
    gid: int

    @classmethod
    def parse(cls, text: str) -> User:
        """Read ``uid``, ``uid:gid``, ``root`` or ``nonroot``; a missing group is the user's number.

        Raises:
            UsageError: It is none of these.
        """
        named = {"root": "0", "nonroot": str(NONROOT)}
        uid, colon, gid = text.partition(":")
        uid = named.get(uid, uid)
        gid = named.get(gid, gid) if colon else uid
        if not (uid.isascii() and uid.isdigit() and gid.isascii() and gid.isdigit()):
            raise UsageError(f"{text!r} is not a user.", "Write numbers, like 1000:1000, or root or nonroot.")
        return cls(int(uid), int(gid))

    @classmethod
    def default(cls) -> User:
        """Return the invoking user, so that outputs belong to them; for root, ``nonroot`` (65532)."""
        return cls(os.geteuid(), os.getegid()) if os.geteuid() != 0 else cls(NONROOT, NONROOT)

    def may_read(self, status: os.stat_result) -> bool:
        """Tell whether permission bits let this user read a file, or read and enter a directory."""
        digit = 6 if self.uid == status.st_uid else 3 if self.gid == status.st_gid else 0
        needed = 0o5 if stat.S_ISDIR(status.st_mode) else 0o4
        return (status.st_mode >> digit) & needed == needed

    def __str__(self) -> str:
        return f"{self.uid}:{self.gid}"


@dataclass(frozen=True)
class Mount:
    """A directory or file of this machine, and the absolute path at which the container sees it."""

    source: Path
    target: PurePosixPath

    @classmethod
    def parse(cls, text: str, mode: Literal["ro", "rw"] = "ro") -> Mount:
        """Read ``HOST:CONTAINER``; the host path may be relative to the current directory.

        Args:
            text: What a user typed. Docker's options behind it are understood: what is so anyway may be said.
            mode: Whether it is read or written to.

        Raises:
            UsageError: It has another shape, or an option asks for what is not done here.
        """
        place, _, options = text.rpartition(":")
        if ":" in place and (asked := set(options.split(","))) <= {"ro", "rw", *_NOT_DONE, *_FOR_OTHER_SYSTEMS}:
            for word in sorted(asked - {mode, *_FOR_OTHER_SYSTEMS}):
                raise UsageError(f"{text!r}: {_NOT_DONE[word][0]}.", _NOT_DONE[word][1])
            text = place
        source, colon, target = text.rpartition(":")
        if not colon or not source or not target:
            raise UsageError(f"{text!r} is not a mount.", "Write HOST:CONTAINER, like ./photos:/data.")
        return cls(Path(source).expanduser().absolute(), PurePosixPath(target))


@dataclass(frozen=True)
class HardenedProfile:
    """One run.

    Attributes:
        image: What the engine knows the image by.
        args: Arguments after the image's entry point; empty means the image's own.
        mounts: What the program may read.
        output: The one place that it may write to and that stays.
        user: Whom it runs as.
        network: ``none`` (loopback only) or ``host``.
        tmpfs: Paths that are writable, in memory, and gone afterwards.
        pids: The most processes and threads at once.
        memory: The most memory in bytes, files in memory included; None means no limit.
        cpus: The most CPU time, in CPUs; None means no limit.
        environment: Variables beside the image's own.
        workdir: Where the program starts; None means the image's own.
        entrypoint: Starts in place of the image's entry point; None means the image's own.
        interactive: Whether it reads our standard input.
        tty: Whether it gets a terminal.
        shm_size: Size of ``/dev/shm`` in bytes, through which data loader workers pass their batches.
        hostname: What the container calls itself.
        gpus: Whether it sees the machine's NVIDIA GPUs.
        ulimits: Limits of each process; what is not named is the engine's own.
        name: What the container is called; None: the engine may choose.
        ports: Ports of the container that this machine answers for; only without the host's network.

    Raises:
        UsageError: A mount's source does not exist, a path in the container is not absolute or is used
            twice, or a limit is not positive.
    """

    image: str
    args: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    output: Mount | None = None
    user: User = field(default_factory=User.default)
    network: Literal["none", "host"] = "none"
    tmpfs: tuple[PurePosixPath, ...] = (PurePosixPath("/tmp"),)  # noqa: S108 - a path in the container
    pids: int = 1024
    memory: int | None = None
    cpus: float | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: PurePosixPath | None = None
    entrypoint: tuple[str, ...] | None = None
    interactive: bool = False
    tty: bool = False
    shm_size: int = 1 << 30
    hostname: str = "nautiloid"
    gpus: bool = False
    ulimits: tuple[Ulimit, ...] = ()
    name: str | None = None
    ports: tuple[Port, ...] = ()

    def __post_init__(self) -> None:
        if not self.image:
            raise UsageError("A run needs an image.")
        if self.network not in ("none", "host"):
            raise UsageError(f"There is no network {self.network!r}.", "Choose none or host.")
        if self.ports and self.network == "host":
            raise UsageError(
                "With the host's network every port is open already.", "Leave --publish or --network host away."
            )
        self._check_numbers()
        self._check_paths()
        for name in self.environment:
            if not name or "=" in name or "\0" in name:
                raise UsageError(f"{name!r} cannot name an environment variable.")

    @property
    def shared_memory(self) -> int:
        """Size of ``/dev/shm`` in bytes: what was asked for, and at most half of the memory there may be."""
        return min(self.shm_size, self.memory // 2) if self.memory else self.shm_size

    @property
    def scratch_memory(self) -> int | None:
        """Size of each of ``tmpfs`` in bytes: they share the other half of the memory; None: no limit."""
        return self.memory // 2 // max(len(self.tmpfs), 1) if self.memory else None

    def closed_mounts(self) -> tuple[Mount, ...]:
        """Return the mounts that the container's user may not look into, going by permission bits.

        Root in the container has no capabilities, so it too is held to them.
        """
        return tuple(mount for mount in self.mounts if not self.user.may_read(mount.source.stat()))

    def _check_numbers(self) -> None:
        if not (0 <= self.user.uid <= _LARGEST_ID and 0 <= self.user.gid <= _LARGEST_ID):
            raise UsageError(f"{self.user} is not a user that Linux can have.")
        limits = {"pids": self.pids, "memory": self.memory, "cpus": self.cpus, "shm_size": self.shm_size}
        for name, value in limits.items():
            if value is not None and not 0 < value < _MOST:
                raise UsageError(f"The limit {name} cannot be {value}.", "Choose a number above 0.")

    def _check_paths(self) -> None:
        outputs = [self.output] if self.output else []
        targets = [*(mount.target for mount in (*self.mounts, *outputs)), *self.tmpfs]
        for target in (*targets, *([self.workdir] if self.workdir else [])):
            if not target.is_absolute() or ".." in target.parts:
                raise UsageError(f"{str(target)!r} is not an absolute path in the container.")
        for target in targets:
            if target == PurePosixPath("/"):
                raise UsageError("Nothing can be mounted over the container's root directory.")
            if target.parts[1] in _KERNELS_OWN:
                raise UsageError(f"Nothing can be mounted at {target}: /{target.parts[1]} is the kernel's own.")
            if targets.count(target) > 1:
                raise UsageError(f"Two mounts want the path {target} in the container.")
        for mount in self.mounts:
            if not mount.source.exists():
                raise UsageError(f"{mount.source} does not exist, so that it cannot be mounted.")
        for target in targets:
            self._check_room(target, targets)
        if self.output and self.output.source.exists() and not self.output.source.is_dir():
            raise UsageError(f"The output {self.output.source} is not a directory.")

    def _check_room(self, target: PurePosixPath, targets: Sequence[PurePosixPath]) -> None:
        """A place below a mount must be there already: no engine can make it in what is only read."""
        outer = max((one for one in targets if one in target.parents), key=lambda one: len(one.parts), default=None)
        for mount in self.mounts:
            place = mount.source / target.relative_to(outer) if mount.target == outer else mount.source
            if not place.exists():
                raise UsageError(
                    f"There is no {place}, over which to mount {target}: what is mounted at {outer} is only read.",
                    "Make it there, empty, or mount it beside.",
                )


def tmpfs_of(image_labels: Mapping[str, str]) -> tuple[PurePosixPath, ...]:
    """Return the paths that an image declares as its scratch space (label ``org.nautiloid.run.tmpfs``).

    Args:
        image_labels: The image's labels; without that one, the scratch space is ``/tmp``.
    """
    declared = image_labels.get(labels.RUN_TMPFS, "/tmp")  # noqa: S108 - a path in the container
    return tuple(PurePosixPath(path.strip()) for path in declared.split(",") if path.strip())


def parse_size(text: str) -> int:
    """Read an amount of memory (``512m``, ``4g``, ``1.5GiB``) as bytes; units are powers of 1024.

    Raises:
        UsageError: It is not one.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is not an amount of memory.", "Write it like 512m or 4g.")
    power = "bkmgt".index(match[2].lower() or "b")
    return int(float(match[1]) * 1024**power)
