"""Runs inside the container: starts the image's program as far as a probe says; prints one line of JSON.

Its only argument is JSON: ``program`` (the whole command line), ``seconds``, ``exit_code``, and ``http`` (port and
path) where the program is to answer instead of to end. It asks from within, for a hardened container has no other
network.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

LAST = "nautiloid-probe:"
_GRACE = 5.0  # seconds from SIGTERM to SIGKILL


def probe(wanted: dict[str, Any]) -> dict[str, object]:
    """Start the program as far as the definition says."""
    words, started = wanted["program"], time.monotonic()
    shown = " ".join(words)
    name = shown if len(shown) < 80 else f"{shown[:77]}..."
    http_probe = wanted.get("http")
    if http_probe:
        name += f" answers on port {http_probe['port']}{http_probe.get('path', '/')}"
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        except OSError as error:
            return _outcome(name, f"it cannot be started: {error}")
        end = started + wanted["seconds"]
        try:
            failed = _answers(process, http_probe, end) if http_probe else _ends(process, wanted["exit_code"], end)
        finally:
            _stop(process)
        if failed:
            said.seek(max(said.seek(0, os.SEEK_END) - 1500, 0))
            tail = said.read().decode(errors="replace").strip().splitlines()[-6:]
            failed += f"; it said: {' / '.join(tail)}" if tail else "; it said nothing"
    return _outcome(name, failed, time.monotonic() - started)


def _ends(process: subprocess.Popen[bytes], exit_code: int, end: float) -> str:
    try:
        code = process.wait(max(end - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return "it had not ended when its time was over"
    code = 128 - code if code < 0 else code
    return "" if code == exit_code else f"it ended with {code} instead of {exit_code}"


def _answers(process: subprocess.Popen[bytes], wanted: dict[str, Any], end: float) -> str:
    last = "nobody answered"
    while time.monotonic() < end:
        if process.poll() is not None:
            return f"it ended with {process.returncode} before it answered"
        connection = http.client.HTTPConnection("127.0.0.1", wanted["port"], timeout=5)
        try:
            connection.request("GET", wanted.get("path", "/"))
            status = connection.getresponse().status
            if status < 400:
                return ""
            last = f"it answered with {status}"
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    return f"{last} when its time was over"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # also what it has left behind
    process.wait()


def _outcome(name: str, detail: str, seconds: float = 0.0) -> dict[str, object]:
    return {"group": "probe", "name": name, "passed": not detail, "detail": detail, "seconds": seconds}


def main() -> None:
    """Start what the plan names."""
    print(LAST + json.dumps(probe(json.loads(sys.argv[1]))), flush=True)


if __name__ == "__main__":
    main()
