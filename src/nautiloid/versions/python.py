"""The order of Python versions (PEP 440), by the reference implementation."""

from __future__ import annotations

from functools import lru_cache

from packaging.version import InvalidVersion, Version

from nautiloid.versions.errors import InvalidVersionError, checked


@lru_cache(maxsize=65536)
def version_key(version: str) -> Version:
    """Return a key that sorts as PEP 440 demands.

    Raises:
        InvalidVersionError: It is not a version of PEP 440.
    """
    try:
        return Version(checked(version, "Python"))
    except InvalidVersion as error:
        raise InvalidVersionError(f"{version!r} is not a version of PEP 440") from error


def without_local(version: str) -> str:
    """Return a version without its local label, which names a build of it: ``2.10.0`` of ``2.10.0+cu128``."""
    return version.partition("+")[0]
