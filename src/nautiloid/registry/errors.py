"""What can go wrong between us and a registry."""

from __future__ import annotations

from nautiloid.errors import NautiloidError


class RegistryError(NautiloidError):
    """A registry refused, failed, or answered something that the protocol does not allow."""


class NotInRegistryError(RegistryError):
    """The registry does not have it."""
