"""Work spread over threads whose results come back in order, a bounded number at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LOOKAHEAD = 16  # images a thread may be ahead of the reader: enough to keep it busy, little enough to keep in memory


def cores() -> int:
    """Count the cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0))


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, workers: int | None = None
) -> Iterator[tuple[Item, Result]]:
    """Apply ``function`` to each item in threads (Pillow lets go of the interpreter lock while it decodes).

    Items are taken in the reader's thread, so that drawing random numbers while making them stays in order.

    Args:
        function: Called once an item; what it raises is raised here, when the item's turn comes.
        items: The work, which may be endless.
        workers: Threads; one for each core when None.
    """
    count = workers or cores()
    queue: deque[tuple[Item, Future[Result]]] = deque()
    source = iter(items)
    pool = ThreadPoolExecutor(count, thread_name_prefix="decode")
    try:
        for item in source:
            queue.append((item, pool.submit(function, item)))
            if len(queue) >= count * LOOKAHEAD:
                head, future = queue.popleft()
                yield head, future.result()
        while queue:
            head, future = queue.popleft()
            yield head, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut ``items`` into lists of ``size``; the last may be shorter."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
