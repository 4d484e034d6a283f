"""Starting a container's process, waiting for it, and making sure that it does not outlive us."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from nautiloid.errors import NautiloidError
from nautiloid.programs import announced

TIMED_OUT = 124


@dataclass(frozen=True)
class CompletedRun:
    """What became of a run: the program's exit code and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Invocation:
    """How an engine's client is started.

    Attributes:
        words: The program and its arguments.
        descriptors: Open files that it inherits under the same numbers.
        prepare: Called in the new process before the program starts.
        kill: Ends the container for certain, where killing the client is not enough.
        deliver: Hands a signal to the program itself, where the client would die of it: takes the client's number and
            the signal's, and tells whether there was a program. The client then is out of reach of a terminal's Ctrl-C.
        beside: Lends what lasts as long as the run; takes the client's number.
    """

    words: Sequence[str]
    descriptors: tuple[int, ...] = ()
    prepare: Callable[[], None] | None = None
    kill: Callable[[], None] = lambda: None
    deliver: Callable[[int, int], bool] | None = None
    beside: Callable[[int], AbstractContextManager[None]] = lambda _: nullcontext()


class RunTimeoutError(NautiloidError):
    """A program took longer than it was given, and was killed."""


class _Interrupted(Exception):  # noqa: N818 - a signal, not an error
    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def attach(
    client: Invocation, grace: float, timeout: float | None = None, started: Callable[[], None] = lambda: None
) -> int:
    """Run a command with our standard streams and return its exit code (128 + n for signal n).

    Args:
        client: The engine's client.
        grace: Seconds that the program has to end by itself after we were told to stop.
        timeout: Seconds after which the program is told to stop; the exit code is then 124, as timeout(1) has it.
        started: Called once the client runs.
    """
    process = subprocess.Popen(
        announced(client.words),
        pass_fds=client.descriptors,
        preexec_fn=client.prepare,  # noqa: PLW1509 - system calls on what is loaded already
        process_group=0 if client.deliver else None,
    )
    with _signals_as_exceptions(2):
        try:
            with client.beside(process.pid):  # to the program's very end: it may still answer somebody
                started()
                return _seen_through(client, process, grace, timeout)
        except _Interrupted as interruption:  # before it had begun, or for the second time
            return 128 + interruption.signum
        finally:
            _end(client, process)


def capture(client: Invocation, timeout: float | None) -> CompletedRun:
    """Run a command without input and return what it wrote.

    Args:
        client: The engine's client.
        timeout: Seconds that it may take.

    Raises:
        RunTimeoutError: It took longer.
    """
    process = subprocess.Popen(
        announced(client.words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=client.descriptors,
        preexec_fn=client.prepare,  # noqa: PLW1509 - one system call, on a library that is loaded already
    )
    try:
        with _signals_as_exceptions(1), client.beside(process.pid):
            stdout, stderr = process.communicate(timeout=timeout)
    except _Interrupted as interruption:
        if interruption.signum == signal.SIGINT:
            raise KeyboardInterrupt from None
        raise SystemExit(128 + interruption.signum) from None
    except subprocess.TimeoutExpired as error:
        raise RunTimeoutError(f"The program was killed after {timeout:g} seconds.") from error
    finally:
        _end(client, process)
    return CompletedRun(
        _exit_code(process.returncode), stdout.decode(errors="replace"), stderr.decode(errors="replace")
    )


def record(client: Invocation, out: Path, messages: Path, timeout: float | None) -> int:
    """Run a command without input, let it write into files, and return its exit code.

    Nothing of what it writes passes through our memory: a program that nobody trusts may write for ever, up to the
    largest file that its limits let it have.

    Args:
        client: The engine's client.
        out: Gets standard output.
        messages: Gets standard error.
        timeout: Seconds that it may take.

    Raises:
        RunTimeoutError: It took longer.
    """
    with out.open("wb") as stdout, messages.open("wb") as stderr:
        process = subprocess.Popen(
            announced(client.words),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=client.descriptors,
            preexec_fn=client.prepare,  # noqa: PLW1509 - system calls on what is loaded already
        )
        try:
            with client.beside(process.pid):
                return _exit_code(process.wait(timeout))
        except subprocess.TimeoutExpired as error:
            raise RunTimeoutError(f"The program was killed after {timeout:g} seconds.") from error
        finally:
            _end(client, process)


def _seen_through(client: Invocation, process: subprocess.Popen[bytes], grace: float, timeout: float | None) -> int:
    try:
        return _exit_code(process.wait(timeout))
    except _Interrupted as interruption:
        return _stop(client, process, interruption.signum, grace)
    except subprocess.TimeoutExpired:
        _stop(client, process, signal.SIGTERM, grace)
        return TIMED_OUT


def _stop(client: Invocation, process: subprocess.Popen[bytes], signum: int, grace: float) -> int:
    """Let the program end in its own way; a second signal, or the end of the grace, kills it."""
    try:
        if client.deliver is not None:
            if not client.deliver(process.pid, signum):  # not started yet, or over
                process.send_signal(signum)
        # Ctrl-C at a terminal reaches the whole foreground process group; once is enough.
        elif signum != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(signum)
        return _exit_code(process.wait(grace))
    except (_Interrupted, subprocess.TimeoutExpired):
        _end(client, process)
        return 128 + signum
    finally:
        client.kill()  # a client that was told to stop too often leaves without its container


def _end(client: Invocation, process: subprocess.Popen[bytes]) -> None:
    """Kill the engine's client before its container: it could not start one behind our back afterwards."""
    if process.poll() is None:
        process.kill()
        process.wait()
        client.kill()


def _exit_code(status: int) -> int:
    return 128 - status if status < 0 else status


@contextmanager
def _signals_as_exceptions(most: int) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into exceptions; only a process's main thread ever receives them.

    Args:
        most: How many; whoever asks more often does not interrupt the cleaning up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    left = iter(range(most))

    def interrupt(signum: int, _: FrameType | None) -> None:
        if next(left, None) is not None:
            raise _Interrupted(signum)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
