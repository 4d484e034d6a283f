"""Containers of the engines that have no daemon, by the records that their watchers write."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator

from nautiloid.containers.container import Container, ContainerError
from nautiloid.containers.log import read_log
from nautiloid.containers.shelf import Shelf

_PAUSE = 0.02
_EACH = 0.5
_AGAIN = 10.0  # seconds that a watcher has after it was told a second time


class OwnKeeper:
    """Keeps what the shelf lists."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def all(self) -> list[Container]:
        """Return what is on the shelf."""
        return self._shelf.all()

    def log(self, name: str, *, follow: bool) -> Iterator[bytes]:
        """Yield the log."""
        path = self._shelf.log_of(name)
        if not path.exists():
            raise ContainerError(f"The container {name} writes to the terminal where it was started; it has no log.")
        yield from read_log(path, lambda: follow and self._shelf.runs(name))

    def stop(self, name: str, grace: float) -> None:
        """Tell the watcher; told twice it waits no longer."""
        found = self._shelf.find(name)
        if found is None or found.process is None:
            return
        watcher = found.process
        # Two signals that come at once are one to the kernel, so that the second is repeated until it is heard.
        for patience in (grace, *[_EACH] * round(_AGAIN / _EACH)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(watcher, signal.SIGTERM)
            if wait_for(lambda: not self._shelf.runs(name), patience):
                return
        with contextlib.suppress(ProcessLookupError):
            os.kill(watcher, signal.SIGKILL)  # bwrap dies with its parent, and the container with it

    def remove(self, name: str) -> None:
        """Take it from the shelf."""
        self._shelf.remove(name)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, or the seconds are over, and tell whether it is."""
    deadline = time.monotonic() + seconds
    while not (so := condition()) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    return so
