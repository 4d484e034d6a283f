"""Which index pip may ask for which distribution, in this run of it.

A definition names its indexes by addresses without credentials. Who asks proves who they are as pip has it (netrc,
keyring), or by a variable: ``NAUTILOID_INDEX_<NAME>`` holds the address to use in place of the definition's, with
credentials if it needs some. So a lock can be built from a mirror, and no secret is written down anywhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from nautiloid.errors import UsageError
from nautiloid.factory.package_indexes import PackageIndex

CHOSEN = ".chosen"
"""What the name of the file with the routes goes on with, in the name of that with the answers."""

AMBIGUOUS = "is offered by more than one index"
"""Part of the message about a name that two indexes have and neither owns."""

SILENT = "cannot tell what it offers"
"""Part of the message about an index that does not answer."""

_VARIABLE = "NAUTILOID_INDEX_"


@dataclass(frozen=True)
class Routes:
    """Where distributions come from.

    Attributes:
        indexes: Those of the definition, beside the host's own.
        local: Directories of single distributions, by canonical name, which come from there alone.
        pins: Of which index a lock has a distribution; empty: the host's own.
    """

    indexes: tuple[PackageIndex, ...] = ()
    local: Mapping[str, Path] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.indexes or self.local)

    def pinned(self, wheels: Mapping[str, str]) -> Routes:
        """Return the same for wheels that are locked: each comes from the index that the lock names."""
        return replace(self, pins=wheels)

    def write(self, path: Path) -> None:
        """Write them for the process that runs pip; the file may hold credentials, and only its owner may read it.

        Raises:
            UsageError: A variable names no address of an index.
        """
        data = {
            "indexes": [{**index.model_dump(mode="json"), "url": address_of(index)} for index in self.indexes],
            "local": {name: str(directory) for name, directory in self.local.items()},
            "pins": dict(self.pins),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(data), encoding="utf-8")


NO_ROUTES = Routes()


def variable_of(name: str) -> str:
    """Return the environment variable that holds another address of an index."""
    return _VARIABLE + name.upper().replace("-", "_")


def address_of(index: PackageIndex) -> str:
    """Return where an index is asked on this machine; with credentials, if the environment has them.

    Raises:
        UsageError: The variable's value is no address.
    """
    address = os.environ.get(variable_of(index.name), "").rstrip("/")
    if not address:
        return index.url
    parts = urlsplit(address)
    there = bool(parts.hostname) if parts.scheme in ("http", "https") else parts.scheme == "file"
    if there and parts.scheme == "file":
        there = Path(url2pathname(parts.path)).is_dir()
    if not there:
        raise UsageError(
            f"the variable {variable_of(index.name)} does not hold the address of an index",
            "Write https://HOST/PATH, with USER:PASSWORD@ before the host if it asks, or file:// and a directory.",
        )
    return address


def routes_of(indexes: Sequence[PackageIndex], local: Mapping[str, Path] | None = None) -> Routes:
    """Return the routes of a definition's indexes, and of directories that hold single distributions."""
    return Routes(tuple(indexes), local or {})
