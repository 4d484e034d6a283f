"""What bubblewrap cannot limit, as limits of the process that starts it (setrlimit(2))."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from nautiloid.run.profile import HardenedProfile, User


def rlimits(profile: HardenedProfile, user: User) -> list[str]:
    """Return the command before bwrap; the kernel counts processes per user, so ours count too."""
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
