"""What confines a container of the embedded engine beside its namespaces: a filter of system calls, an own keyring.

The filter is Docker's default profile for a container without capabilities, compiled by ``scripts/generate-seccomp``;
io_uring, keyrings, new user namespaces, kernel modules and some hundred other calls are refused, as are setuid bits.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from nautiloid.errors import NautiloidError

_JOIN_SESSION_KEYRING = 1  # keyctl(2)
_OCI_MACHINES = {"x86_64": ("SCMP_ARCH_X86_64", ("amd64",)), "aarch64": ("SCMP_ARCH_AARCH64", ("arm64",))}
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
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


def hardened_call_filter() -> Path:
    """Return the same filter as a profile that Docker and Podman read: one for every engine, whatever its version."""
    return Path(str(resources.files("nautiloid.run").joinpath("seccomp/hardened.json")))


def oci_call_filter() -> dict[str, object]:
    """Return the same filter as a bundle's configuration has it, for this processor (OCI runtime-spec 1.0).

    It is for gVisor, whose older releases answer every refused call with EPERM, whatever is asked for. ``clone3``,
    which libc takes for missing only if it is told so, is therefore let through: the namespaces that it could make are
    gVisor's own, and nothing to the machine's kernel.
    """
    machine = platform.machine()
    profile = json.loads(hardened_call_filter().read_text())
    audit, spellings = _OCI_MACHINES.get(machine, (None, ()))
    if audit is None:
        raise _no_filter(machine)
    kept = ("names", "action", "errnoRet", "args")
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": [audit],
        "syscalls": [
            {"names": ["clone3"], "action": "SCMP_ACT_ALLOW"},
            *(
                {key: rule[key] for key in kept if rule.get(key) is not None}
                for rule in profile["syscalls"]
                if _is_for(rule, spellings) and "clone3" not in rule["names"]
            ),
        ],
    }


def _is_for(rule: dict[str, dict[str, list[str]]], spellings: tuple[str, ...]) -> bool:
    wanted = rule.get("includes", {}).get("arches", spellings)
    unwanted = rule.get("excludes", {}).get("arches", ())
    return not set(spellings).isdisjoint(wanted) and set(spellings).isdisjoint(unwanted)


def _no_filter(machine: str) -> NautiloidError:
    return NautiloidError(
        f"There is no filter of system calls for {machine}, so that the embedded engines run nothing here.",
        "Use --engine docker or --engine podman.",
    )


@contextmanager
def open_call_filter() -> Iterator[CallFilter]:
    """Open the filter for this machine's processor.

    Raises:
        NautiloidError: There is none for it: nothing runs without one.
    """
    machine = platform.machine()
    shipped = resources.files("nautiloid.run").joinpath(f"seccomp/{machine}.bpf")
    if not shipped.is_file():
        raise _no_filter(machine)
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


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies, as bwrap does by itself. Runs between fork and exec."""
    _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
