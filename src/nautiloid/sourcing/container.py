"""One step of a build in a hardened container, with all that a hostile source may try held within limits.

It runs under bubblewrap as nobody, with a read-only root, no capability and (unless the definition says otherwise) no
network. What it writes is in memory, and limited; what comes out is one file, limited as well, and its messages.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nautiloid import bounds
from nautiloid.documents.strict_json import loads_bounded
from nautiloid.errors import NautiloidError, UsageError, quotable
from nautiloid.factory.lockfile import LockedWheel
from nautiloid.net.store import Store
from nautiloid.regular_file import read_regular
from nautiloid.run.bubblewrap import BubblewrapEngine
from nautiloid.run.profile import HardenedProfile, Mount
from nautiloid.run.supervise import RunTimeoutError
from nautiloid.run.ulimits import Ulimit
from nautiloid.sourcing import inside

_MEMORY = 8 << 30  # bytes
_PROCESSES = 512
_SECONDS = 1800.0
_LAST = 12  # lines of a build's messages that are shown
_JOB = PurePosixPath("/tmp/job")  # noqa: S108 - the container's own
_ALWAYS = {
    "HOME": "/tmp",  # noqa: S108 - the container's own
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "SOURCE_DATE_EPOCH": "315532800",  # 1980-01-01, the earliest that zip archives can express
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CC": "gcc",  # Debian's sysconfig has the target's long name; the alternatives, such as cc, are not set up
    "CXX": "g++",
}


class SourceBuildError(NautiloidError):
    """A wheel could not be built from source."""


@dataclass(frozen=True)
class Step:
    """What is to be done.

    Attributes:
        name: Of the distribution, for messages.
        kind: ``look``, ``requires`` or ``wheel`` (see ``inside``).
        archive: The source.
        filename: Of a source distribution, whose files are in one directory; empty for others.
        subdirectory: Where the project lies in it.
        tools: The wheels that the back end needs.
        environment: The definition's own variables.
        network: Whether it may use the network.
    """

    name: str
    kind: str
    archive: Path
    filename: str
    subdirectory: str
    tools: Sequence[LockedWheel]
    environment: Mapping[str, str]
    network: bool


@dataclass(frozen=True)
class BuildContainer:
    """The image that sources are built in.

    Attributes:
        engine: Runs it.
        reference: What the engine knows it by.
        digest: Of the image.
        store: Holds the wheels.
        scratch: An empty directory.
        timeout: Seconds that one step may take.
        memory: Bytes that one step may use, of which half is for files.
    """

    engine: BubblewrapEngine
    reference: str
    digest: str
    store: Store
    scratch: Path
    timeout: float = _SECONDS
    memory: int = _MEMORY

    def answer(self, step: Step) -> Path:
        """Run a step, and return the file with its answer.

        Raises:
            SourceBuildError: It failed, or went beyond its limits.
        """
        place = Path(tempfile.mkdtemp(prefix="step-", dir=self.scratch))
        job = self._lay_out(step, place / "job")
        profile = HardenedProfile(
            image=self.reference,
            entrypoint=("/usr/bin/python3", "-I"),
            args=(str(_JOB / "inside.py"), json.dumps(job)),
            mounts=(Mount(place / "job", _JOB),),
            network="host" if step.network else "none",
            environment={**_ALWAYS, **step.environment},
            memory=self.memory,
            pids=_PROCESSES,
            ulimits=(Ulimit("fsize", bounds.BUILD_FILE, bounds.BUILD_FILE),),
            workdir=PurePosixPath("/tmp"),  # noqa: S108 - the container's own
        )
        out, messages = place / "out", place / "messages"
        try:
            code = self.engine.run_to_files(profile, out, messages, self.timeout)
        except RunTimeoutError as error:
            raise SourceBuildError(f"building {step.name} took more than {self.timeout:g} seconds") from error
        finally:
            shutil.rmtree(place / "job")
        if code:
            raise SourceBuildError(
                f"{step.name} cannot be built from source ({step.kind}, exit code {code}):\n{_last_lines(messages)}",
                "It was built in a container without network, as nobody. Debian packages for it, such as "
                "build-essential for C, go under 'packages' of its source; if it must have the network, say why "
                "under 'network'.",
            )
        return out

    def answer_json(self, step: Step) -> Any:
        """Run a step, and return its answer as data; raises as ``answer`` does."""
        try:
            return loads_bounded(read_regular(self.answer(step), bounds.BUILD_ANSWER))
        except (ValueError, OSError, UsageError) as error:
            raise SourceBuildError(f"the build of {step.name} gave no answer that can be read ({step.kind})") from error

    def _lay_out(self, step: Step, place: Path) -> dict[str, str]:
        """Put everything that a step reads into one directory, which whoever the container runs as may read."""
        tools = place / "tools"
        tools.mkdir(parents=True)
        shutil.copyfile(inside.__file__, place / "inside.py")
        archive = place / "source"
        shutil.copyfile(step.archive, archive)
        for wheel in step.tools:
            shutil.copyfile(self.store.path_of(wheel.sha256), tools / wheel.filename)
        for path in (place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return {
            "step": step.kind,
            "archive": str(_JOB / "source"),
            "filename": step.filename,
            "subdirectory": step.subdirectory,
            "tools": str(_JOB / "tools"),
        }


def _last_lines(messages: Path) -> str:
    with messages.open("rb") as file:
        file.seek(max(0, messages.stat().st_size - (1 << 16)))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(f"  {quotable(line, 200)}" for line in [line for line in lines if line.strip()][-_LAST:])
