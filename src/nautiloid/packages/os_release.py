"""Which Linux distribution an image is made of (os-release(5))."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

PATHS = ("etc/os-release", "usr/lib/os-release")


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution; all empty where an image does not say.

    Attributes:
        name: For people: ``Debian GNU/Linux 12 (bookworm)``.
        identity: ``ID``, such as ``debian``.
        version: ``VERSION_ID``, such as ``12``.
    """

    name: str = ""
    identity: str = ""
    version: str = ""

    @property
    def qualifier(self) -> str:
        """The value of a purl's ``distro`` qualifier: ``debian-12``."""
        return "-".join(filter(None, (self.identity, self.version)))


def read_distribution(records: Mapping[str, bytes]) -> Distribution:
    """Read whichever os-release there is.

    Args:
        records: Contents by path.
    """
    text = next((records[path] for path in PATHS if path in records), b"").decode("utf-8", "replace")
    values = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            values[name.strip()] = _unquoted(value)
    identity = values.get("ID", "").lower()
    return Distribution(values.get("PRETTY_NAME", values.get("NAME", "")), identity, values.get("VERSION_ID", ""))


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip("\"' ")
