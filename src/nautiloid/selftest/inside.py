"""Runs inside the container, on the image's Python and its standard library alone; prints one line of JSON.

Its only argument is JSON: ``imports``, ``steps`` (pairs of name and code), ``user`` (uid, gid), ``scratch`` and
``output`` (paths that must be writable), ``shell`` (whether programs such as sh may exist).
"""

from __future__ import annotations

import importlib
import io
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

LAST = "nautiloid-selftest:"
_MARK = "nautiloid-selftest"
_FOREIGN = ("sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "pip", "pip3", "perl", "curl", "wget", "gcc")
_PLACES = ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin")


class CheckFailure(Exception):  # noqa: N818 - an error of the image, not of this program
    """The image does not keep its contract."""


def runs_as(uid: int, gid: int) -> None:
    """Check that the process is who it was asked to be."""
    _demand((os.getuid(), os.getgid()) == (uid, gid), f"it runs as {os.getuid()}:{os.getgid()}")


def root_is_read_only() -> None:
    """Check that programs, settings and modules cannot be changed."""
    for folder in ("/", "/usr/bin", "/etc", str(Path(os.__file__).parent)):
        try:
            Path(folder, _MARK).write_text("written", encoding="ascii")
        except OSError:
            continue
        raise CheckFailure(f"{folder} can be written")


def can_be_written(folders: list[str]) -> None:
    """Check that what must be writable is."""
    for folder in folders:
        path = Path(folder, _MARK)
        path.write_text("written", encoding="ascii")
        _demand(path.read_text(encoding="ascii") == "written", f"{path} does not keep what is written")


def no_capability() -> None:
    """Check that nothing beyond an ordinary process is allowed, nor can be gained."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    _demand(int(status["CapEff"], 16) == 0, f"it has the capabilities {status['CapEff']}")
    _demand((status.get("NoNewPrivs") or _asked_of_the_kernel()) == "1", "it can gain privileges")


def _asked_of_the_kernel() -> str:
    """Ask for what gVisor's kernel does not show in /proc: PR_GET_NO_NEW_PRIVS of prctl(2)."""
    import ctypes  # noqa: PLC0415 - an image may do without it, where /proc tells

    return str(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))


def no_foreign_program() -> None:
    """Check that there is nothing to go on with for an intruder."""
    places = (*os.environ.get("PATH", "").split(":"), *_PLACES)
    candidates = {str(Path(place, name)) for place in places if place for name in _FOREIGN}
    found = sorted(path for path in candidates if os.access(path, os.X_OK))
    _demand(not found, ", ".join(found))


def no_network() -> None:
    """Check that only the loopback interface is up."""
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    up = [name for name in others if Path("/sys/class/net", name, "operstate").read_text("ascii").strip() == "up"]
    _demand(not up, f"network interfaces: {', '.join(up)}")


def utf_8() -> None:
    """Check that names and texts are not mangled."""
    _demand(sys.getfilesystemencoding() == "utf-8", f"file names are {sys.getfilesystemencoding()}")
    "é".encode(sys.__stdout__.encoding if sys.__stdout__ else "utf-8")


def contract(plan: dict[str, Any]) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the checks that every image must pass, by name."""
    yield "runs as the user that was asked for", lambda: runs_as(*plan["user"])
    yield "the root file system cannot be written", root_is_read_only
    yield "scratch space and output can be written", lambda: can_be_written([*plan["scratch"], *plan["output"]])
    yield "no capability, none to gain", no_capability
    yield "no network", no_network
    yield "names and texts are UTF-8", utf_8
    if not plan["shell"]:
        yield "no shell, package manager, compiler or perl to start", no_foreign_program


def trial(group: str, name: str, work: Callable[[], object]) -> dict[str, object]:
    """Run one check and return its outcome; what it prints is not kept."""
    started, detail = time.perf_counter(), ""
    real, sys.stdout = sys.stdout, io.StringIO()
    try:
        work()
    except CheckFailure as error:
        detail = str(error)
    except BaseException as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__}: {error} (line {where.lineno} of {where.filename})"
    finally:
        sys.stdout = real
    seconds = time.perf_counter() - started
    return {"group": group, "name": name, "passed": not detail, "detail": detail, "seconds": seconds}


def main() -> None:
    """Run everything that the plan asks for."""
    plan = json.loads(sys.argv[1])
    group = f"contract as {plan['user'][0]}"
    outcomes = [trial(group, name, work) for name, work in contract(plan)]
    outcomes += [trial("imports", module, partial(importlib.import_module, module)) for module in plan["imports"]]
    for name, code in plan["steps"]:
        # The code is the image's own: whoever wrote its label wrote the image.
        outcomes.append(trial("steps", name, partial(exec, code, {"__name__": _MARK})))
    print(LAST + json.dumps(outcomes), flush=True)


def _demand(kept: bool, otherwise: str) -> None:
    if not kept:
        raise CheckFailure(otherwise)


if __name__ == "__main__":
    main()
