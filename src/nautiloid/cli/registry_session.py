"""Talking to a registry from the command line: the settings, and what a transfer did."""

from __future__ import annotations

from pathlib import Path

from nautiloid.cli import console
from nautiloid.registry.session import SessionSettings
from nautiloid.registry.transfer import Moved


def settings_of(ca_file: list[Path] | None, plain_http: bool) -> SessionSettings:
    """Return how to talk to the registry."""
    return SessionSettings(tuple(ca_file or ()), plain_http)


def print_moved(name: str, moved: Moved) -> None:
    """Say what a transfer did; the digest comes last."""
    parts = [f"{console.megabytes(moved.sent)} moved", f"{console.megabytes(moved.present)} already there"]
    if moved.mounted:
        parts.insert(1, f"{console.megabytes(moved.mounted)} mounted from another repository")
    console.out.print(", ".join(parts))
    console.out.print(f"{name.partition('@')[0]}@{moved.digest}")
