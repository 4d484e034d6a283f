"""Limits of single processes (setrlimit(2)), as ``--ulimit`` names them."""

from __future__ import annotations

import resource
from dataclasses import dataclass

from nautiloid.errors import UsageError

UNLIMITED = resource.RLIM_INFINITY

# What both Docker and prlimit(1) know; an address space limit (as) would be RLIMIT_AS, which Docker does not know.
_NAMES = (
    *("core", "cpu", "data", "fsize", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "sigpending"),
    "stack",
)


@dataclass(frozen=True)
class Ulimit:
    """One limit: how far a process may go now (soft), and how far it may raise that (hard); -1: no limit."""

    name: str
    soft: int
    hard: int

    @classmethod
    def parse(cls, text: str) -> Ulimit:
        """Read ``NAME=SOFT[:HARD]``, with numbers or ``unlimited``; a missing hard limit is the soft one.

        Raises:
            UsageError: It has another shape, or Linux has no limit of that name.
        """
        name, equals, values = text.partition("=")
        soft, colon, hard = values.partition(":")
        try:
            limit = cls(name, _number(soft), _number(hard if colon else soft))
        except ValueError:
            limit = None
        if not equals or limit is None:
            raise UsageError(f"{text!r} is not a limit.", "Write NAME=SOFT[:HARD], like nofile=1024:4096.")
        if name not in _NAMES:
            raise UsageError(f"There is no limit {name!r}.", f"Choose one of {', '.join(_NAMES)}.")
        if limit.hard != UNLIMITED and not 0 <= limit.soft <= limit.hard:
            raise UsageError(f"The soft limit of {name} is above its hard limit.")
        return limit

    def reachable(self) -> bool:
        """Tell whether a process that we start without privileges may have it."""
        ours = resource.getrlimit(getattr(resource, f"RLIMIT_{self.name.upper()}"))[1]
        return ours == UNLIMITED or (self.hard != UNLIMITED and self.hard <= ours)

    def __str__(self) -> str:
        soft, hard = ("unlimited" if value == UNLIMITED else value for value in (self.soft, self.hard))
        return f"{self.name}={soft}:{hard}"

    def prlimit(self) -> str:
        """Return it as an option of ``prlimit``."""
        return f"--{self}"

    def docker(self) -> str:
        """Return it as an option of Docker and Podman, which know numbers alone."""
        return f"--ulimit={self.name}={self.soft}:{self.hard}"


def _number(text: str) -> int:
    if text in ("unlimited", "-1"):
        return UNLIMITED
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)
