"""The first and the last moment of the command: before it is loaded, and with streams that are closed."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_leads_nowhere(closed: str) -> None:
    script = (
        "import os, sys\n"
        "from nautiloid.cli.closed_streams import open_closed_streams\n"
        "open_closed_streams()\n"
        "assert not any(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))\n"
        "assert os.open(os.devnull, os.O_RDONLY) > 2, 'a file got the number of a stream'\n"
        "print('lost', flush=True)\n"
    )
    line = f'exec "$0" -c "$1" {closed}'
    done = subprocess.run(["sh", "-c", line, sys.executable, script], stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0


def test_an_interrupt_while_the_command_is_loaded_is_no_traceback() -> None:
    script = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'nautiloid.cli.app': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from nautiloid.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
