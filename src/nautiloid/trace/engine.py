"""The embedded engine with a witness: every run is recorded by strace.

What it cannot see: what the kernel reads by itself (the interpreter that a program names is opened without a system
call of the program; ``trace.files`` adds those), what happens through a descriptor that was passed in, and opens
through io_uring, which are no system calls of their own. It sees every open, exec and look of every process of the
container, at the price of time: system calls with paths become some ten times slower.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from nautiloid.oci.layout import Layout
from nautiloid.oci.source import open_image
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.engine import Availability, EngineError
from nautiloid.run.profile import HardenedProfile
from nautiloid.run.supervise import CompletedRun, capture
from nautiloid.trace.strace import Use, read_uses


class TracingEngine(BubblewrapEngine):
    """Runs images as the embedded engine does, and gathers what they use.

    Attributes:
        uses: Of all runs so far.
    """

    def __init__(self, store: Layout, cache: Path) -> None:
        super().__init__(store, cache)
        self.uses: set[Use] = set()

    def available(self) -> Availability:
        """Find out whether bubblewrap works here and strace is installed."""
        if shutil.which("strace") is None:
            return Availability(False, "strace is not installed", "apt-get install strace")
        return super().available()

    def run_captured(self, profile: HardenedProfile, timeout: float | None = None) -> CompletedRun:
        """Run, and remember every path that the program used."""
        with open_image(profile.image, self._store) as source:
            entrypoint = profile.entrypoint or source.image.config.entrypoint
            program = (*entrypoint, *profile.args, *source.image.config.cmd)[0]
        with tempfile.TemporaryDirectory(prefix="nautiloid-trace-") as scratch:
            log = Path(scratch) / "strace"
            strace = ["strace", "-f", "-qq", "-xx", "-y", "-s", "4096", "-e", "trace=%file", "-e", "signal=none"]
            with self._invocation(profile, [*strace, "-o", str(log)]) as client:
                done = capture(client, timeout)
            with log.open(encoding="ascii", errors="replace") as lines:
                self.uses.update(read_uses(lines, program))
        return done


def tracing_engine(store: Layout, cache: Path) -> TracingEngine:
    """Return an engine that works here.

    Raises:
        EngineError: Nothing can be traced on this machine; says what would help.
    """
    engine = TracingEngine(store, cache)
    if not (works := engine.available()):
        raise EngineError(f"Nothing can be traced here: {works.reason}.", works.remedy)
    return engine
