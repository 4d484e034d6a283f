"""What bubblewrap cannot limit, as limits of the process that starts it (setrlimit(2))."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from nautiloid.errors import UsageError
from nautiloid.run.profile import HardenedProfile, User


def rlimits(profile: HardenedProfile, user: User, *, together: bool) -> list[str]:
    """Return the command before bwrap.

    Args:
        profile: The run.
        user: Who the kernel sees; it counts processes per user, so those that the user has already count too.
        together: Whether a control group limits memory, processors and processes for all of the run.

    Raises:
        UsageError: A limit is above what this machine lets its users have.
    """
    limits = {"core": "--core=0"}
    if not together:
        limits["nproc"] = f"--nproc={_within_hard_limit(profile.pids + _processes_of(user.uid))}"
        if profile.memory:
            limits["data"] = f"--data={profile.memory}"
    for limit in profile.ulimits:
        if user.uid != 0 and not limit.reachable():
            raise UsageError(f"This machine does not let {limit.name} be as high as {limit}.")
        limits[limit.name] = limit.prlimit()
    return ["prlimit", *limits.values(), *([] if together else _affinity(profile))]


def _affinity(profile: HardenedProfile) -> list[str]:
    """Return what keeps to some processors: all that there is without control groups, and in whole processors."""
    cpus = sorted(os.sched_getaffinity(0))
    if not profile.cpus or profile.cpus >= len(cpus):
        return []
    return ["taskset", "--cpu-list", ",".join(str(cpu) for cpu in cpus[: max(1, round(profile.cpus))])]


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
