"""What holds the limits of an embedded run: systemd, a control group that we make, or else each process by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nautiloid.programs import announced
from nautiloid.run.cgroups import OWN_PROCESSES, control_group
from nautiloid.run.profile import HardenedProfile

_BOOTED = Path("/run/systemd/system")  # sd_booted(3)
_SECONDS = 5


@dataclass(frozen=True)
class Limits:
    """How a run's limits are held.

    Attributes:
        words: A program that starts the run.
        enter: Called in the new process before the program starts.
        together: Whether they hold for all processes of the run together.
    """

    words: tuple[str, ...] = ()
    enter: Callable[[], None] | None = None
    together: bool = False


@contextmanager
def limits(profile: HardenedProfile, *, count: bool = True) -> Iterator[Limits]:
    """Lend what holds a run's limits; where systemd runs, the tree of control groups is its own: it is asked first.

    Args:
        profile: The run.
        count: Whether the number of processes is limited too.
    """
    if _systemd_answers():
        yield Limits(systemd_scope(profile, count=count), together=True)
        return
    with control_group(profile, count=count) as group:
        yield Limits(enter=group.enter, together=True) if group else Limits()


def systemd_scope(profile: HardenedProfile, *, count: bool = True) -> tuple[str, ...]:
    """Return the program that starts another one in a scope of its own, with limits (systemd.resource-control(5))."""
    properties = [f"TasksMax={profile.pids + OWN_PROCESSES}"] if count else []
    if profile.memory:
        properties += [f"MemoryMax={profile.memory}", "MemorySwapMax=0"]
    if profile.cpus:
        properties.append(f"CPUQuota={round(profile.cpus * 100)}%")
    return (*_scope(), *(f"--property={one}" for one in properties), "--")


def _scope() -> list[str]:
    return ["systemd-run", *(["--user"] if os.geteuid() else []), "--scope", "--quiet", "--collect"]


def _systemd_answers() -> bool:
    """Find out by trying: a user's own manager may not run, or may not have been given the controllers."""
    if not _BOOTED.is_dir() or shutil.which("systemd-run") is None or not _has_controllers():
        return False
    try:
        tried = subprocess.run(announced([*_scope(), "true"]), capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def _has_controllers() -> bool:
    """Tell whether systemd may limit what this user starts (it accepts limits that it cannot set without a word)."""
    uid = os.geteuid()
    delegated = Path(f"/sys/fs/cgroup/user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers")
    return uid == 0 or (delegated.is_file() and {"memory", "pids", "cpu"} <= set(delegated.read_text().split()))
