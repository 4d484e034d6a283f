"""Limits for all processes of a run together: a control group of its own, where this machine lets us have one.

A limit of one process (setrlimit(2)) says nothing about a hundred of them. Control groups (cgroups(7)) do; making one
takes root, or a part of the tree that was delegated, which systemd hands to every user's own manager. Both versions of
the kernel's interface are known: one directory a controller (version 1), or one for all (version 2).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nautiloid.run.profile import HardenedProfile

_PREFIX = "nautiloid-"
_PERIOD = 100_000  # microseconds, the kernel's own default
_LEAST_QUOTA = 1_000  # microseconds, the least that the kernel takes
OWN_PROCESSES = 6  # of bubblewrap: what waits outside and what begins inside, twice where root becomes another user
_LEAVING = 2.0  # seconds that the kernel may need to bury what was killed


@dataclass(frozen=True)
class ControlGroup:
    """A control group that was made for one run.

    Attributes:
        directories: Its directory; in version 1 one for each controller.
    """

    directories: tuple[Path, ...]

    def enter(self) -> None:
        """Move the calling process in; what it starts is born there. Runs between fork and exec.

        Raises:
            OSError: The kernel refused: nothing must run without its limits.
        """
        for directory in self.directories:
            descriptor = os.open(directory / "cgroup.procs", os.O_WRONLY)
            os.write(descriptor, b"0")
            os.close(descriptor)

    def remove(self) -> None:
        """Remove it, once its last process is gone."""
        deadline = time.monotonic() + _LEAVING
        for directory in self.directories:
            while not _removed(directory) and time.monotonic() < deadline:
                time.sleep(0.01)


@contextlib.contextmanager
def control_group(profile: HardenedProfile, *, count: bool = True) -> Iterator[ControlGroup | None]:
    """Lend a control group with the profile's limits; None where this machine lets us make none.

    Args:
        profile: The run.
        count: Whether the number of processes is limited too.
    """
    wanted = _Wanted(profile.memory, profile.cpus, profile.pids + OWN_PROCESSES if count else None)
    made = _version_two(wanted) or _version_one(wanted)
    try:
        yield made
    finally:
        if made:
            made.remove()


def parents(mounts: str, groups: str) -> tuple[dict[str, Path], Path | None]:
    """Return the directories of our own control groups: for each controller of version 1, and of version 2.

    Args:
        mounts: The text of ``/proc/self/mountinfo`` (proc(5)).
        groups: The text of ``/proc/self/cgroup`` (cgroups(7)).
    """
    ours = {}
    for line in groups.splitlines():
        _, controllers, path = line.split(":", 2)
        ours.update(dict.fromkeys(controllers.split(","), PurePosixPath(path)))
    first: dict[str, Path] = {}
    second = None
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        _, _, _, root, place, *_ = fields.split()
        kind, _, options = rest.split(maxsplit=2)
        if kind == "cgroup2" and "" in ours:
            second = _below(Path(place), root, ours[""])
        elif kind == "cgroup":
            for controller in set(options.split(",")) & ours.keys():
                first[controller] = _below(Path(place), root, ours[controller])
    return first, second


def _below(place: Path, root: str, path: PurePosixPath) -> Path:
    """Return where a group's path lies below a mount that may show only a part of the tree."""
    return place / (path.relative_to(root) if path.is_relative_to(root) else path.relative_to("/"))


def _ours() -> tuple[dict[str, Path], Path | None]:
    try:
        return parents(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    except (OSError, ValueError):
        return {}, None


@dataclass(frozen=True)
class _Wanted:
    memory: int | None
    cpus: float | None
    pids: int | None

    def _quota(self) -> int:
        return max(_LEAST_QUOTA, round((self.cpus or 0) * _PERIOD))

    def first(self) -> dict[str, dict[str, int]]:
        """Return the settings of each controller of version 1; ``?``: only where the kernel has it."""
        wanted: dict[str, dict[str, int]] = {}
        if self.pids:
            wanted["pids"] = {"pids.max": self.pids}
        if self.memory:
            # Memory and swap together may not be less than memory, so the order counts.
            limits = ("memory.limit_in_bytes", "?memory.memsw.limit_in_bytes")
            wanted["memory"] = dict.fromkeys(limits, self.memory)
        if self.cpus:
            wanted["cpu"] = {"cpu.cfs_period_us": _PERIOD, "cpu.cfs_quota_us": self._quota()}
        return wanted

    def second(self) -> dict[str, object]:
        """Return the settings of version 2."""
        wanted: dict[str, object] = {"pids.max": self.pids} if self.pids else {}
        if self.memory:
            wanted |= {"memory.max": self.memory, "?memory.swap.max": 0, "?memory.oom.group": 1}
        if self.cpus:
            wanted["cpu.max"] = f"{self._quota()} {_PERIOD}"
        return wanted


def _version_one(wanted: _Wanted) -> ControlGroup | None:
    directories, _ = _ours()
    settings = wanted.first()
    if not settings or settings.keys() - directories.keys():
        return None
    return _made((directories[controller], values) for controller, values in settings.items())


def _version_two(limits: _Wanted) -> ControlGroup | None:
    """Make it below the nearest of our own groups that hands its controllers on (the kernel asks that it be empty)."""
    _, own = _ours()
    wanted = limits.second()
    if not wanted:
        return None
    controllers = {name.removeprefix("?").partition(".")[0] for name in wanted}
    for place in (own, *own.parents) if own else ():
        handed_on = place / "cgroup.subtree_control"
        if not handed_on.is_file():
            return None
        if controllers <= set(handed_on.read_text().split()) and (made := _made([(place, wanted)])):
            return made
    return None


def _made(places: Iterable[tuple[Path, Mapping[str, object]]]) -> ControlGroup | None:
    """Make a group in each place with its settings (those with ``?`` where the kernel has them); None: not allowed."""
    name = f"{_PREFIX}{os.getpid()}-{time.monotonic_ns()}"
    made: list[Path] = []
    try:
        for parent, settings in places:
            _sweep(parent)
            (parent / name).mkdir()
            made.append(parent / name)
            for setting, value in settings.items():
                file = parent / name / setting.removeprefix("?")
                if file.exists() or not setting.startswith("?"):
                    file.write_text(str(value))
            if not os.access(parent / "cgroup.procs", os.W_OK):  # who moves a process must be allowed to at both ends
                raise PermissionError
    except OSError:
        ControlGroup(tuple(made)).remove()
        return None
    return ControlGroup(tuple(made))


def _sweep(parent: Path) -> None:
    """Remove the groups of runs that were killed before they could do it themselves."""
    for stale in parent.glob(f"{_PREFIX}*-*"):
        process = stale.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", process).exists():
            _removed(stale)


def _removed(directory: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        try:
            directory.rmdir()
        except OSError:
            return False
    return True
