"""The program that starts an image's program from within, run as it runs there."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nautiloid.selftest import inside_probe
from nautiloid.selftest.inside_probe import LAST

SERVER = """\
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 503)
        self.end_headers()
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
"""


def _probe(*program: str, seconds: float = 10, exit_code: int = 0, http: dict[str, Any] | None = None) -> str:
    """Return why the probe failed; empty when it did not."""
    order = json.dumps({"program": program, "seconds": seconds, "exit_code": exit_code, "http": http})
    code = Path(inside_probe.__file__).read_text(encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", code, order], capture_output=True, text=True, check=True, timeout=60)
    answer = json.loads(done.stdout.removeprefix(LAST))
    assert answer["passed"] == (not answer["detail"])
    return str(answer["detail"])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("code", "exit_code", "expected"),
    [
        ("", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("print('hello'); raise SystemExit(3)", 0, "it ended with 3 instead of 0; it said: hello"),
        ("import os; os.kill(os.getpid(), 9)", 0, "it ended with 137 instead of 0; it said nothing"),
        ("import sys; sys.stdout.write('x' * 10**6)", 1, "it ended with 0 instead of 1"),
    ],
)
def test_a_program_must_end_as_was_said(code: str, exit_code: int, expected: str) -> None:
    assert _probe(sys.executable, "-c", code, exit_code=exit_code)[: len(expected) or None] == expected


def test_a_program_that_does_not_end_is_ended_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time, pathlib; time.sleep(2); pathlib.Path({str(mark)!r}).touch()"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(600)"
    assert _probe(sys.executable, "-c", code, seconds=1).startswith("it had not ended when its time was over")
    time.sleep(2)
    assert not mark.exists()


def test_a_program_that_is_not_there_is_an_outcome() -> None:
    assert "cannot be started" in _probe("/no/such/program")


def test_a_server_must_answer() -> None:
    port = _free_port()
    assert _probe(sys.executable, "-c", SERVER, str(port), http={"port": port, "path": "/health"}) == ""
    wrong = _probe(sys.executable, "-c", SERVER, str(port), seconds=2, http={"port": port, "path": "/"})
    assert wrong.startswith("it answered with 503 when its time was over")


def test_a_server_that_ends_has_not_answered() -> None:
    ended = _probe(sys.executable, "-c", "raise OSError('no port')", http={"port": _free_port(), "path": "/"})
    assert ended.startswith("it ended with 1 before it answered; it said: ")
    assert "no port" in ended


def test_silence_is_no_answer() -> None:
    silent = _probe(
        sys.executable, "-c", "import time; time.sleep(60)", seconds=1, http={"port": _free_port(), "path": "/"}
    )
    assert silent.startswith("nobody answered when its time was over")
