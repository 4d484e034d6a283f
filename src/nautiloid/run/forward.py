"""Connections from this machine into a container that has no network but loopback: a program of its own.

A socket belongs to the network namespace in which it was made. So this process inherits sockets that listen outside,
enters the container's namespaces for good, and for each connection opens one to loopback there. The container gets no
interface, no route and so no way out: unlike a bridge, or pasta with an address, a published port publishes that port
and nothing else. What is carried is TCP; the program sees loopback as its peer.

    python -m nautiloid.run.forward PROCESS DESCRIPTOR:PORT...

It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from nautiloid.run.namespaces import enter

_CHUNK = 1 << 16
_LOOPBACKS = ("127.0.0.1", "::1")  # the program may listen on either
_MOST_CONNECTIONS = 4096


def main(words: Sequence[str]) -> None:
    """Enter the namespaces, say so with an empty line, and carry until the end of standard input."""
    process, *carried = words
    try:
        enter(int(process), ["net"])
    except OSError as error:  # the program has ended already, and there is nobody to carry to
        sys.exit(f"no connection is carried: {error.strerror}" if Path("/proc", process).exists() else 0)
    listening = [(int(descriptor), int(port)) for descriptor, _, port in (word.partition(":") for word in carried)]
    print(flush=True)
    asyncio.run(_serve(listening))


async def _serve(listening: Sequence[tuple[int, int]]) -> None:
    room = asyncio.Semaphore(_MOST_CONNECTIONS)
    servers = [
        await asyncio.start_server(_carrier(port, room), sock=socket.socket(fileno=descriptor))
        for descriptor, port in listening
    ]
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    for server in servers:
        server.close()


def _carrier(
    port: int, room: asyncio.Semaphore
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def carry(outside: asyncio.StreamReader, to_outside: asyncio.StreamWriter) -> None:
        async with room:
            with contextlib.suppress(OSError):
                inside, to_inside = await _connect(port)
                await asyncio.gather(_copy(outside, to_inside), _copy(inside, to_outside))
                to_inside.close()
            to_outside.close()

    return carry


async def _connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for address in _LOOPBACKS[:-1]:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(_LOOPBACKS[-1], port)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Copy to the end of one direction, and hand the end on: the other direction may go on."""
    try:
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.transport.abort()


if __name__ == "__main__":
    main(sys.argv[1:])
