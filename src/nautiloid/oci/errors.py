"""What can be wrong with an image or a store of images."""

from __future__ import annotations

from nautiloid.errors import NautiloidError


class ImageFormatError(NautiloidError):
    """An image, layout or archive breaks its specification, or uses a part of it that we cannot read."""


class ImageNotFoundError(NautiloidError):
    """No image goes by that name, digest or platform here."""
