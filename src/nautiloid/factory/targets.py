"""What the wheels of a definition must run on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nautiloid.errors import UsageError
from nautiloid.factory.definition import Definition
from nautiloid.factory.lockfile import LockedDeb
from nautiloid.factory.wheels.target import Target


def target_of(definition: Definition) -> Target:
    """Return what the definition's wheels must run on.

    Raises:
        UsageError: The definition has no Python.
    """
    if definition.python is None:
        raise UsageError(f"the definition '{definition.name}' asks for wheels but has no 'python' section")
    return Target(definition.python.version, definition.architecture, definition.debian.suite)


def exact_target(definition: Definition, debs: Sequence[LockedDeb]) -> Target:
    """Return the target with the very interpreter that the Debian side brings."""
    target = target_of(definition)
    for package in debs:
        if package.name == f"python{target.python}-minimal":
            return replace(target, patch=package.version.rpartition(":")[2].partition("-")[0].partition("~")[0])
    return target
