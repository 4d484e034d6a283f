"""How workers share the machine: each has processors of its own.

What the tests start (PyTorch above all) takes as many threads as it sees processors, and those of two workers would
wait for one another most of the time.
"""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """Keep this worker, and whatever it starts, to its share of the processors."""
    worker, workers = os.environ.get("PYTEST_XDIST_WORKER", ""), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    processors = sorted(os.sched_getaffinity(0))
    if worker.startswith("gw") and workers <= len(processors):
        os.sched_setaffinity(0, processors[int(worker.removeprefix("gw")) :: workers])
