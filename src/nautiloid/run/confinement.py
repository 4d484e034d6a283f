"""What confines a container of the embedded engine beside its namespaces: a filter of system calls, an own keyring.

The filter is Docker's default profile for a container without capabilities, compiled by ``scripts/generate-seccomp``;
io_uring, keyrings, new user namespaces, kernel modules and some hundred other calls are refused, as are setuid bits.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from nautiloid.errors import NautiloidError

_JOIN_SESSION_KEYRING = 1  # keyctl(2)
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class CallFilter:
    """A seccomp filter that is open for bubblewrap to read.

    Attributes:
        path: The compiled filter.
        descriptor: The file descriptor on which it is open.
    """

    path: Path
    descriptor: int


@contextmanager
def open_call_filter() -> Iterator[CallFilter]:
    """Open the filter for this machine's processor.

    Raises:
        NautiloidError: There is none for it: nothing runs without one.
    """
    machine = platform.machine()
    shipped = resources.files("nautiloid.run").joinpath(f"seccomp/{machine}.bpf")
    if not shipped.is_file():
        raise NautiloidError(
            f"There is no filter of system calls for {machine}, so that the embedded engine runs nothing here.",
            "Use --engine docker or --engine podman.",
        )
    with resources.as_file(shipped) as path:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield CallFilter(path, descriptor)
        finally:
            os.close(descriptor)


def leave_session_keyring() -> None:
    """Join a new, empty session keyring: the caller's, with whatever tickets and tokens it holds, stays outside.

    Runs between fork and exec. A kernel without keyrings has none to leak, and the filter refuses their calls anyway.
    """
    number = _KEYCTL.get(platform.machine())
    if number is not None:
        _LIBC.syscall(number, _JOIN_SESSION_KEYRING, None, 0, 0, 0)
