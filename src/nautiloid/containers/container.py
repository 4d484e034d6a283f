"""What is known of one container, and what every keeper of containers can do."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nautiloid.errors import NautiloidError, UsageError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")


class ContainerError(NautiloidError):
    """There is no such container, or it is not in the state that was asked for."""


@dataclass(frozen=True)
class Container:
    """One container.

    Attributes:
        name: What people call it.
        image: The name of its image.
        engine: What runs it.
        started: When it was started.
        process: The number, as this machine counts, of a process to which it belongs; None: it has ended.
        exit_code: The program's; None: it runs, or nobody saw its end.
        ports: Those of this machine that lead into it, as ``ADDRESS:OUTSIDE:INSIDE``.
        damaged: Whether what was written down of it cannot be read: without a process, it may run nevertheless.
    """

    name: str
    image: str
    engine: str
    started: datetime
    process: int | None = None
    exit_code: int | None = None
    ports: tuple[str, ...] = ()
    damaged: bool = False

    @property
    def runs(self) -> bool:
        """Whether its program has not ended."""
        return self.process is not None


class Keeper(Protocol):
    """Whoever keeps containers: a daemon, or we ourselves."""

    def all(self) -> list[Container]:
        """Return the containers that run, and those that have ended and were not removed."""

    def log(self, name: str, *, follow: bool) -> Iterator[bytes]:
        """Yield what the program wrote; with ``follow`` until it ends."""

    def stop(self, name: str, grace: float) -> None:
        """Tell the program to end (SIGTERM), and end it when the seconds are over."""

    def remove(self, name: str) -> None:
        """Forget a container that has ended, and its log."""


def checked_name(name: str) -> str:
    """Return a container's name.

    Raises:
        UsageError: It cannot be one.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"{name!r} cannot name a container.", "Use letters, digits, '_', '.' and '-', at most 63.")
    return name


def fresh_name(image: str) -> str:
    """Return a name for a container of an image: the image's own, and what sets it apart."""
    last = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    words = _NOT_IN_NAMES.sub("-", last).strip("-._")[:40]
    return f"{words or 'container'}-{secrets.token_hex(3)}"
