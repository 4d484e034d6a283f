"""How to talk to a registry, as the user says it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SessionSettings:
    """How to talk to a registry.

    Attributes:
        ca_files: Certificate authorities to trust as well.
        plain_http: Speak HTTP without TLS; a registry on this machine that speaks nothing else is recognised.
        backoff: Seconds before the second try; each further try waits twice as long.
    """

    ca_files: tuple[Path, ...] = ()
    plain_http: bool = False
    backoff: float = 1.0
