"""What of the kernel's own files a container may not see, or not change: the paths that Docker masks, and why each.

Source: moby's ``oci/defaults.go`` (``MaskedPaths``, ``ReadonlyPaths``). Root in a container without capabilities is
still root to the permission bits of ``/proc``: whoever could write ``/proc/sys/kernel/core_pattern`` would choose a
program that the kernel starts as the machine's root.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_HIDDEN = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
)
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def bubblewrap_masks() -> Iterator[str]:
    """Yield bubblewrap's options that cover these paths, to stand behind the one that mounts ``/proc``.

    Only what this machine's kernel has can be covered; the container's ``/proc`` has nothing else.
    """
    for path in _READ_ONLY:
        if Path(path).exists():
            yield from ("--ro-bind", path, path)
    for path in _HIDDEN:
        if Path(path).is_dir():
            yield from ("--tmpfs", path, "--remount-ro", path)
        elif Path(path).exists():
            yield from ("--ro-bind", "/dev/null", path)
