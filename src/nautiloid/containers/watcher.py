"""Starting a container in the background without a daemon: a process of ours watches over it.

The watcher is a fork of the command that was typed, in a session of its own. It holds what the run needs (control
group, ports, filter), writes the log, passes a SIGTERM on to the program, and notes the program's end.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from nautiloid.containers.container import Container, ContainerError
from nautiloid.containers.log import LogWriter, read_log
from nautiloid.containers.own import wait_for
from nautiloid.containers.shelf import Shelf, now
from nautiloid.errors import NautiloidError
from nautiloid.run.engine import Engine
from nautiloid.run.profile import HardenedProfile

_AT_ONCE = 0.3  # seconds: what ends within them never did its work, and that is told


def start_own(shelf: Shelf, engine: Engine, profile: HardenedProfile, *, remove: bool, timeout: float | None) -> None:
    """Start a container under its profile's name, and wait until its program runs or has failed.

    Args:
        shelf: Where it is listed.
        engine: What runs it.
        profile: The run; its image is ready.
        remove: Whether nothing is kept of it after its end.
        timeout: Seconds after which it is told to stop.

    Raises:
        ContainerError: The name is taken, or it did not start.
    """
    name = profile.name or ""
    shelf.reserve(name)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        _watch(shelf, engine, profile, writes, remove=remove, timeout=timeout)
    os.close(writes)
    with os.fdopen(reads) as told:
        complaint = told.read()
    if complaint:
        shelf.remove(name)
        raise ContainerError(complaint)
    _fail_if_over(shelf, name)


def container_of(profile: HardenedProfile, engine: Engine, process: int) -> Container:
    """Return what is known of a container that starts now."""
    ports = tuple(str(port) for port in profile.ports)
    return Container(profile.name or "", profile.image, engine.name, now(), process, None, ports)


def _fail_if_over(shelf: Shelf, name: str) -> None:
    wait_for(lambda: not shelf.runs(name), _AT_ONCE)
    found = shelf.find(name)
    if found is not None and found.exit_code:
        said = b"".join(read_log(shelf.log_of(name), lambda: False)).decode(errors="replace").strip().splitlines()
        raise ContainerError(
            f"The container {name} ended at once with {found.exit_code}: {said[-1] if said else 'it said nothing'}",
            f"See `nautiloid logs {name}`; `nautiloid rm {name}` frees the name.",
        )


def _watch(
    shelf: Shelf, engine: Engine, profile: HardenedProfile, told: int, *, remove: bool, timeout: float | None
) -> NoReturn:
    """Be the watcher; never return to what the command would do next."""
    name, code = profile.name or "", 1
    try:
        os.setsid()
        # Whatever comes while nobody passes signals on must not end us before the record is written.
        signal.signal(signal.SIGTERM, lambda *_: None)
        os.chdir("/")
        log = LogWriter(shelf.log_of(name))
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(log.descriptor, 1)
        os.dup2(log.descriptor, 2)
        container = container_of(profile, engine, os.getpid())
        shelf.write(container)
        code = engine.run(profile, timeout, lambda: os.close(told))
        shelf.write(replace(container, process=None, exit_code=code))
        os.close(1)
        os.close(2)
        log.close()
        if remove:
            shelf.remove(name)
    except NautiloidError as error:
        _tell(told, error.message)
    except Exception as error:
        _tell(told, f"The container could not be started: {error!r}.")
    finally:
        os._exit(code)


def _tell(told: int, complaint: str) -> None:
    with contextlib.suppress(OSError):  # it runs already, and nobody waits
        os.write(told, complaint.encode())
