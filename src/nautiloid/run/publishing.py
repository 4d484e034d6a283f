"""Publishing a container's ports where the engine cannot: sockets outside, and a process that carries inside."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from ipaddress import ip_address

from nautiloid.errors import NautiloidError
from nautiloid.programs import announced
from nautiloid.run.namespaces import program_started_by
from nautiloid.run.ports import Port

_BACKLOG = 512
_LAST = 5.0  # seconds
_PAUSE = 0.1  # seconds before a carrier that was killed is begun anew


class PortError(NautiloidError):
    """A port of this machine cannot be had."""


@contextlib.contextmanager
def published(ports: Sequence[Port]) -> Iterator[Callable[[int], AbstractContextManager[None]]]:
    """Take the ports of this machine, and lend what carries their connections into a container.

    The sockets listen before the container starts, so that a port that is taken stops the run and not the program.

    Yields:
        What takes the process that started the container, and carries as long as its context lasts.

    Raises:
        PortError: A port is taken, or not for this user.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(_listening(port)) for port in ports]
        yield lambda ancestor: _carrying(ancestor, list(zip(sockets, ports, strict=True)))


def _listening(port: Port) -> socket.socket:
    family = socket.AF_INET6 if ip_address(port.address).version == 6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((port.address, port.outside))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise PortError(
            f"The port {port.outside} of {port.address} cannot be had: {error.strerror}.",
            "Stop what uses it, or choose another: --publish OUTSIDE:INSIDE.",
        ) from error
    return made


@contextlib.contextmanager
def _carrying(ancestor: int, sockets: Sequence[tuple[socket.socket, Port]]) -> Iterator[None]:
    program = program_started_by(ancestor) if sockets else None
    if program is None:  # it ended already, and says itself why
        yield
        return
    words = [sys.executable, "-P", "-m", "nautiloid.run.forward", str(program)]
    words += [f"{one.fileno()}:{port.inside}" for one, port in sockets]
    carrier = _Carrier(words, [one.fileno() for one, _ in sockets])
    try:
        yield
    finally:
        carrier.end()


class _Carrier:
    """The process that carries, begun anew where something kills it: the sockets are ours, and nobody else answers."""

    def __init__(self, words: Sequence[str], descriptors: Sequence[int]) -> None:
        self._words, self._descriptors = words, descriptors
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._process = self._begun()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def end(self) -> None:
        """End it, when it has carried what is under way."""
        with self._lock:
            self._ending.set()
        (self._process.stdin or io.BytesIO()).close()
        try:
            self._process.wait(_LAST)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._watching.join()

    def _begun(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            announced(self._words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._descriptors,
            start_new_session=True,  # Ctrl-C is for the program; whoever still talks to it is let finish
        )
        with process.stdout or io.BytesIO() as says:
            says.readline()
        return process

    def _watch(self) -> None:
        while self._process.wait() != 0 and not self._ending.wait(_PAUSE):  # 0: the program is gone
            with self._lock:
                if self._ending.is_set():
                    return
                (self._process.stdin or io.BytesIO()).close()
                self._process = self._begun()
