"""Where Nautiloid keeps things on this machine, following the platform's conventions.

``NAUTILOID_CACHE`` and ``NAUTILOID_IMAGES`` override the two places; both are made on first
use by whoever writes there.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_directory() -> Path:
    """Return the directory for what can be fetched or made again (downloads, layers, unpacked images)."""
    override = os.environ.get("NAUTILOID_CACHE")
    return Path(override) if override else platformdirs.user_cache_path("nautiloid")


def images_directory() -> Path:
    """Return the directory of the local image store: one OCI image layout that holds every image built here."""
    override = os.environ.get("NAUTILOID_IMAGES")
    return Path(override) if override else platformdirs.user_data_path("nautiloid") / "images"
