"""Keeps a Docker daemon for as long as a session of tests runs: ``keep_docker.py PID DIRECTORY``.

Workers come and go in any order, so the daemon belongs to none of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path


def main(session: int, place: Path) -> None:
    """Start the daemon, wait for the session to end, and take everything away."""
    command = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "-H", f"unix://{place}/s"]
    command += ["--data-root", f"{place}/data", "--exec-root", f"{place}/exec", "-p", f"{place}/pid"]
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # it serves all workers, not only the one that asked first
    with (place / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
        while _runs(session) and daemon.poll() is None:
            time.sleep(0.5)
        daemon.terminate()
        daemon.wait(timeout=60)
    # dockerd leaves this one mounted, and a mounted file cannot be deleted.
    subprocess.run(["umount", place / "exec/netns/default"], capture_output=True, check=False)
    shutil.rmtree(place, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
