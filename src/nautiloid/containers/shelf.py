"""The containers that no daemon keeps: one directory for each, with what is known of it and its log."""

from __future__ import annotations

import json
import shutil
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
        record = {**asdict(container), "started": container.started.isoformat(), "born": born or 0}
        write_text(self._directory / container.name / "container.json", json.dumps(record, indent=1))

    def find(self, name: str) -> Container | None:
        """Return a container; one whose process is gone has ended, whether or not anybody saw it."""
        try:
            record = _Record.model_validate_json(
                read_regular(self._directory / name / "container.json", bounds.WRITTEN_BY_HAND)
            )
        except (OSError, ValidationError, UsageError):
            return None
        known = Container(**{key: value for key, value in record if key != "born"})
        gone = known.process is not None and _born(known.process) != record.born
        return replace(known, process=None) if gone else known

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


def _born(process: int) -> int | None:
    """Return when a process began, in the kernel's ticks (proc(5)): numbers are given again, this pair is not."""
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[19]) if fields[0] not in "ZX" else None
    return None
