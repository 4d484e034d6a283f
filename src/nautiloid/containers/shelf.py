"""The containers that no daemon keeps: one directory for each, with what is known of it and its log."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from nautiloid import bounds
from nautiloid.atomic import write_text
from nautiloid.containers.container import Container, ContainerError, checked_name
from nautiloid.errors import UsageError
from nautiloid.regular_file import read_regular

_STARTING = 10.0  # seconds in which a container's record must have been written


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    image: str
    engine: str
    started: datetime
    process: int | None
    exit_code: int | None
    ports: tuple[str, ...]
    born: int


class Shelf:
    """A directory of containers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def log_of(self, name: str) -> Path:
        """Return where a container's log lies."""
        return self._directory / checked_name(name) / "log"

    def reserve(self, name: str) -> None:
        """Take a name.

        Raises:
            ContainerError: It is taken.
        """
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            (self._directory / checked_name(name)).mkdir(mode=0o700)
        except FileExistsError as error:
            raise ContainerError(
                f"There is a container {name} already.", f"Choose another --name, or `nautiloid rm {name}`."
            ) from error

    def write(self, container: Container) -> None:
        """Keep what is known of a container; its name is reserved."""
        born = _born(container.process) if container.process else None
        known = {name: value for name, value in asdict(container).items() if name != "damaged"}
        record = {**known, "started": container.started.isoformat(), "born": born or 0}
        write_text(self._directory / container.name / "container.json", json.dumps(record, indent=1))

    def find(self, name: str) -> Container | None:
        """Return a container; one whose process is gone has ended, whether or not anybody saw it.

        Where its record is damaged it is there all the same: it may run.
        """
        try:
            record = _Record.model_validate_json(
                read_regular(self._directory / name / "container.json", bounds.WRITTEN_BY_HAND)
            )
        except (OSError, ValidationError, UsageError):
            return self._damaged(name)
        known = Container(**{key: value for key, value in record if key != "born"})
        gone = known.process is not None and _born(known.process) != record.born
        return replace(known, process=None) if gone else known

    def _damaged(self, name: str) -> Container | None:
        """Return what can be told without a record; None: there is nothing, or it is being written this moment."""
        try:
            place = self._directory / checked_name(name)
            since = place.stat().st_mtime
        except (OSError, UsageError):
            return None
        if time.time() - since < _STARTING and not (place / "container.json").exists():
            return None
        started = datetime.fromtimestamp(since, UTC).replace(microsecond=0)
        return Container(name, "?", "?", started, _holder(self.log_of(name)), damaged=True)

    def runs(self, name: str) -> bool:
        """Tell whether there is such a container, and it has not ended."""
        found = self.find(name)
        return found is not None and found.runs

    def all(self) -> list[Container]:
        """Return every container, the newest first."""
        found = [self.find(place.name) for place in self._directory.glob("*")]
        return sorted((one for one in found if one), key=lambda one: one.started, reverse=True)

    def remove(self, name: str) -> None:
        """Forget a container."""
        shutil.rmtree(self._directory / checked_name(name), ignore_errors=True)

    @contextmanager
    def listed(self, container: Container) -> Iterator[None]:
        """List a container for as long as the context lasts."""
        self.reserve(container.name)
        try:
            self.write(container)
            yield
        finally:
            self.remove(container.name)


def now() -> datetime:
    """Return the time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _holder(log: Path) -> int | None:
    """Return the process of ours that has a log open: a container's watcher, as long as it lives (proc(5))."""
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if descriptor.readlink() == log:
                return int(descriptor.parts[2])
    return None


def _born(process: int) -> int | None:
    """Return when a process began, in the kernel's ticks (proc(5)): numbers are given again, this pair is not."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[19]) if fields[0] not in "ZX" else None
    return None
