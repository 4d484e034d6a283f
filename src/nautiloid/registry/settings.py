"""How to talk to a registry, as the user says it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


def _token_servers() -> tuple[str, ...]:
    named = os.environ.get("NAUTILOID_TOKEN_SERVERS", "").split(",")
    return tuple(host.strip().lower() for host in named if host.strip())


@dataclass(frozen=True)
class SessionSettings:
    """How to talk to a registry.

    Attributes:
        ca_files: Certificate authorities to trust as well.
        plain_http: Speak HTTP without TLS; a registry on this machine that speaks nothing else is recognised.
        token_servers: Host names, beside the registry's own, that may see its credentials.
        backoff: Seconds before the second try; each further try waits twice as long.
        timeout: Seconds without a byte after which the registry counts as gone.
        patience: Seconds of waiting after which it must have sent 1 kB for each of them.
    """

    ca_files: tuple[Path, ...] = ()
    plain_http: bool = False
    token_servers: tuple[str, ...] = field(default_factory=_token_servers)
    backoff: float = 1.0
    timeout: float = 60.0
    patience: float = 30.0
