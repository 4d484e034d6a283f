"""A container's processes as this machine sees them, and the way into its namespaces (namespaces(7), proc(5)).

bubblewrap tells the number of its first process as that process's own namespace counts, which is not ours where one
namespace lies in another. The kernel tells it for each of them (``NSpid``).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_OWNER = 0xB701  # NS_GET_USERNS of ioctl_ns(2): the user namespace to which another namespace belongs
_LIBC = ctypes.CDLL(None, use_errno=True)
_STARTING = 10.0  # seconds in which a container's first process has to appear


@dataclass(frozen=True)
class _Process:
    number: int
    parent: int
    numbers: tuple[int, ...]  # as each namespace counts, ours first


def first_process(ancestor: int) -> int | None:
    """Return the first process of the container that ``ancestor`` started; None: it has none, or none yet.

    What only prepares a container may begin process namespaces too, but it stays in our user namespace.
    """
    processes = {one.number: one for one in _processes()}
    if ancestor not in processes:
        return None
    depth = len(processes[ancestor].numbers)
    found = [
        one
        for one in processes.values()
        if len(one.numbers) > depth
        and one.numbers[-1] == 1
        and _descends(one, ancestor, processes)
        and is_apart(one.number, "user")
    ]
    return max(found, key=lambda one: len(one.numbers)).number if found else None


def program_of(ancestor: int) -> int | None:
    """Return the program of the container that ``ancestor`` started: what its first process started first."""
    first = first_process(ancestor)
    return min((one.number for one in _processes() if first is not None and one.parent == first), default=None)


def program_started_by(ancestor: int) -> int | None:
    """Wait until the program of the container that ``ancestor`` started is there; None: it ended before."""
    deadline = time.monotonic() + _STARTING
    while time.monotonic() < deadline and Path("/proc", str(ancestor)).exists():
        if program := program_of(ancestor):
            return program
        time.sleep(0.005)
    return None


def is_apart(process: int, kind: str) -> bool:
    """Tell whether a process is in another namespace of some kind than we are."""
    try:
        return Path(f"/proc/{process}/ns/{kind}").readlink() != Path(f"/proc/self/ns/{kind}").readlink()
    except OSError:
        return False


def enter(process: int, kinds: Iterable[str]) -> None:
    """Enter namespaces of a container for good, first the user namespace that owns them (setns(2)).

    Those that the container shares with us (the host's network, where it was asked for) are left as they are. The
    caller must have one thread, and must be the user who started the container, or root.

    Args:
        process: One of the container's processes.
        kinds: Their names in ``/proc/PID/ns``.

    Raises:
        OSError: The process is gone, or belongs to somebody else, or is in no container.
    """
    apart = [kind for kind in kinds if is_apart(process, kind)]
    opened = [os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in apart]
    if not opened:
        raise OSError(errno.ESRCH, "No container is there")
    for descriptor in (fcntl.ioctl(opened[0], _OWNER), *opened):
        if _LIBC.setns(descriptor, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        os.close(descriptor)


def _processes() -> Iterable[_Process]:
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:  # it ended meanwhile
            continue
        numbers = tuple(int(number) for number in fields.get("NSpid", "").split())
        if numbers:
            yield _Process(numbers[0], int(fields["PPid"]), numbers)


def _descends(process: _Process, ancestor: int, processes: dict[int, _Process]) -> bool:
    while process.parent in processes:
        if process.parent == ancestor:
            return True
        process = processes[process.parent]
    return False
