"""Which Python indexes a definition names beside the host's own, and which distributions come from each.

A name that an index *owns* is looked for there and nowhere else. That is the answer to dependency confusion: whoever
uploads ``acme-billing 99.0`` to a public index does not replace the private one, whatever its version.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from nautiloid.factory.wholesome import SecureUrl

HOST = ""
"""Stands, among the names of indexes, for what pip is configured with on this machine."""


def _simple_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError("has a query or fragment, which may hold a secret: an index is an address alone")
    return url.rstrip("/")


def _pattern(text: str) -> str:
    return canonicalize_name(text)


IndexName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""What a definition calls an index; it is part of the name of an environment variable as well."""

IndexUrl = Annotated[SecureUrl, AfterValidator(_simple_url)]
"""Where the simple API of an index begins (simple repository API, PEP 503 and PEP 691)."""

NamePattern = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9*]([A-Za-z0-9._*-]*[A-Za-z0-9*])?$"), AfterValidator(_pattern)
]
"""The name of a distribution, or a glob over such names."""


class PackageIndex(BaseModel):
    """An index of Python packages.

    Attributes:
        name: What the definition and the lock call it.
        url: Where its simple API begins, without credentials.
        packages: The distributions that it owns. None: any name that nobody owns may come from it, as long as no
            other index offers that name too.
        default: It stands in for what pip is configured with on the host.
    """

    name: IndexName
    url: IndexUrl
    packages: tuple[NamePattern, ...] = ()
    default: bool = False

    model_config = ConfigDict(extra="forbid", frozen=True)

    def owns(self, name: str) -> bool:
        """Tell whether a distribution, by its canonical name, comes from here alone."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.packages)


def check_indexes(indexes: Sequence[PackageIndex]) -> tuple[PackageIndex, ...]:
    """Return the indexes of one definition.

    Raises:
        ValueError: Two have one name, claim the same distribution, or both want to be the default.
    """
    names = [index.name for index in indexes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two indexes are called {', '.join(twice)}")
    if len(defaults := [index.name for index in indexes if index.default]) > 1:
        raise ValueError(f"only one index can be the default, not {' and '.join(defaults)}")
    if odd := [index.name for index in indexes if index.default and index.packages]:
        raise ValueError(f"{odd[0]} owns packages, so that it cannot be the default for all others")
    claimed: dict[str, str] = {}
    for index in indexes:
        for pattern in index.packages:
            if claimed.setdefault(pattern, index.name) != index.name:
                raise ValueError(f"{pattern} belongs to {claimed[pattern]} and to {index.name}")
    return tuple(indexes)


def owner_of(name: str, indexes: Sequence[PackageIndex]) -> PackageIndex | None:
    """Return the index that owns a distribution, or None; its very name counts for more than a glob.

    Raises:
        ValueError: The globs of two indexes cover it.
    """
    exact = [index for index in indexes if name in index.packages]
    found = exact or [index for index in indexes if index.owns(name)]
    if len(found) > 1:
        raise ValueError(f"{name} belongs to {' and to '.join(index.name for index in found)}")
    return found[0] if found else None


def places_of(name: str, indexes: Sequence[PackageIndex]) -> tuple[str, ...]:
    """Return which indexes a distribution may come from, by their names, ``HOST`` among them.

    Raises:
        ValueError: Two claim it.
    """
    owner = owner_of(name, indexes)
    if owner is not None:
        return (owner.name,)
    host = () if any(index.default for index in indexes) else (HOST,)
    return (*host, *(index.name for index in indexes if not index.packages))


def same_place(name: str, place: str, before: Sequence[PackageIndex], now: Sequence[PackageIndex]) -> bool:
    """Tell whether a distribution may still come from where it came before the definition was edited.

    Args:
        name: Of the distribution, canonical.
        place: The name of the index that it came from, or ``HOST``.
        before: The indexes at that time.
        now: The indexes as they are.
    """
    urls = [{index.name: index.url for index in indexes} for indexes in (before, now)]
    try:
        allowed = places_of(name, now)
    except ValueError:
        return False
    return place in allowed and urls[0].get(place) == urls[1].get(place)
